"""Countries as marketplaces name them: whose money a shop there takes and whose day it lives by.

For platforms that tell a shop's country and neither its currency nor its time zone.
Example: home("VN") -> ("Asia/Ho_Chi_Minh", "VND").
"""

from __future__ import annotations

HOMES: dict[str, tuple[str, str]] = {
    "AE": ("Asia/Dubai", "AED"), "AR": ("America/Argentina/Buenos_Aires", "ARS"),
    "AU": ("Australia/Sydney", "AUD"), "BE": ("Europe/Brussels", "EUR"), "BR": ("America/Sao_Paulo", "BRL"),
    "CA": ("America/Toronto", "CAD"), "CL": ("America/Santiago", "CLP"), "CN": ("Asia/Shanghai", "CNY"),
    "CO": ("America/Bogota", "COP"), "DE": ("Europe/Berlin", "EUR"), "EC": ("America/Guayaquil", "USD"),
    "EG": ("Africa/Cairo", "EGP"), "ES": ("Europe/Madrid", "EUR"), "FR": ("Europe/Paris", "EUR"),
    "GB": ("Europe/London", "GBP"), "HK": ("Asia/Hong_Kong", "HKD"), "ID": ("Asia/Jakarta", "IDR"),
    "IE": ("Europe/Dublin", "EUR"), "IN": ("Asia/Kolkata", "INR"), "IT": ("Europe/Rome", "EUR"),
    "JP": ("Asia/Tokyo", "JPY"), "MX": ("America/Mexico_City", "MXN"), "MY": ("Asia/Kuala_Lumpur", "MYR"),
    "NL": ("Europe/Amsterdam", "EUR"), "PE": ("America/Lima", "PEN"), "PH": ("Asia/Manila", "PHP"),
    "PL": ("Europe/Warsaw", "PLN"), "SA": ("Asia/Riyadh", "SAR"), "SE": ("Europe/Stockholm", "SEK"),
    "SG": ("Asia/Singapore", "SGD"), "TH": ("Asia/Bangkok", "THB"), "TR": ("Europe/Istanbul", "TRY"),
    "TW": ("Asia/Taipei", "TWD"), "US": ("America/Los_Angeles", "USD"), "UY": ("America/Montevideo", "UYU"),
    "VN": ("Asia/Ho_Chi_Minh", "VND"), "ZA": ("Africa/Johannesburg", "ZAR"),
}
"""Country -> time zone and currency. Of countries with several zones, the one that marketplaces reckon in."""


def home(country: str, otherwise: tuple[str, str] = ("UTC", "USD")) -> tuple[str, str]:
    """Time zone and currency of a country; `UK` is GB."""
    code = country.strip().upper()
    return HOMES.get("GB" if code == "UK" else code, otherwise)
