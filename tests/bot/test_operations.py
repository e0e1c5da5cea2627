"""What operators copy must be true: units, container file and settings agree with the program."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.__main__ import COMMANDS
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "docs/systemd").glob("*.service"))
GUIDE = (ROOT / "docs/operations.md").read_text("utf-8")


def names_of_settings() -> set[str]:
    named = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        named.add(alias if isinstance(alias, str) else f"SOUK_{name.upper()}" if name != "port" else "PORT")
    return named


def test_the_example_lists_every_setting_and_no_other() -> None:
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.M))
    assert listed == names_of_settings()


def test_the_guide_names_only_settings_and_commands_that_exist() -> None:
    assert set(re.findall(r"\b(?:SOUK|SLACK)_[A-Z_]+\b", GUIDE)) <= names_of_settings() | {"SOUK_HOME"}
    assert set(re.findall(r"(?:^|`)souk ([a-z]+)", GUIDE, re.M)) <= set(COMMANDS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_and_stops_it_cleanly(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(unit.read_text("utf-8"))
    service = read["Service"]
    assert service["ExecStart"].split()[-1] in COMMANDS and unit.name in GUIDE
    assert service["KillSignal"] == "SIGTERM" and int(service["TimeoutStopSec"]) >= 60
    assert service["User"] != "root" and service["Environment"] == "SOUK_HOME=/var/lib/souk"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_every_line_of_a_unit(unit: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=30
    )
    assert "Unknown" not in said.stderr and "Failed to parse" not in said.stderr


def test_the_image_installs_what_is_locked_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8")
    assert "--require-hashes" in lines and "USER souk" in lines and 'ENTRYPOINT ["souk"]' in lines
    assert not re.search(r"https?://|--index-url", lines)
    assert (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1] == "*"
