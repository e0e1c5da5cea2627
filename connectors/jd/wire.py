"""JOS payloads as typed structs: only the fields this connector uses.

Figures come as numbers or as text ("1"), lists may be absent, and times that are not set come as year 1 or
1970. The envelope of every answer is misspelt on the wire: `..._responce`.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from connectors.engine.values import Id, decoder, enveloped


class Consignee(Struct):
    """Only the province: the name, the phone and the address beside it are dropped."""

    province: str | None = None


class Coupon(Struct):
    """One discount of an order; `skuId` is "" where it belongs to the whole order."""

    couponType: Id = ""
    couponPrice: Decimal | None = None
    skuId: Id | None = None


class Line(Struct):
    """`jdPrice` is the unit price before any discount; a gift has 0.00."""

    skuId: Id
    wareId: Id | None = None
    jdPrice: Decimal = Decimal(0)
    itemTotal: int = 1


class OrderInfo(Struct):
    orderId: Id
    orderState: str
    orderStartTime: str | None = None
    venderId: Id | None = None
    """Asked for only where nothing else names the seller."""
    payType: Id = ""
    freightPrice: Decimal | None = None
    sellerDiscount: Decimal | None = None
    paymentConfirmTime: str | None = None
    orderEndTime: str | None = None
    modified: str | None = None
    parentOrderId: Id | None = None
    directParentOrderId: Id | None = None
    open_id_buyer: str | None = None
    xid_buyer: str | None = None
    consigneeInfo: Consignee | None = None
    couponDetailList: list[Coupon] | None = None
    itemInfoList: list[Line] | None = None


class Application(Struct):
    """A refund asked for before shipment. `applyRefundSum` is in fen."""

    id: Id
    orderId: Id
    status: int
    applyRefundSum: int | None = None
    applyTime: str | None = None
    checkTime: str | None = None


class ServiceBill(Struct):
    """The after-sale case of a refund; its times are epoch milliseconds."""

    orderId: Id
    serviceId: Id | None = None
    wareId: Id | None = None
    afsApplyTime: int | None = None
    approveDate: int | None = None
    applyReason: Id | None = None


class AfterSale(Struct):
    """A refund after shipment. The amount, misspelt on the wire, is in fen."""

    sameOrderServiceBill: ServiceBill
    afsRefundId: Id | None = None
    refoundAmount: int | None = None
    completeTime: int | None = None
    status: int | None = None


class Ware(Struct):
    wareId: Id
    title: str = ""
    wareStatus: Id | None = None
    onlineTime: int | None = None


class Shop(Struct):
    shop_id: Id | None = None
    vender_id: Id | None = None
    shop_name: str = ""


class Verdict(Struct):
    """What a business answer says about itself."""

    success: bool | None = None
    englishErrCode: str = ""
    chineseErrCode: str = ""
    msg: str = ""


class OrderPage(Struct):
    apiResult: Verdict | None = None
    orderTotal: int | None = None
    orderInfoList: list[OrderInfo] | None = None


class ApplicationPage(Struct):
    success: bool | None = None
    totalCount: int | None = None
    result: list[Application] | None = None


class AfterSalePage(Struct):
    success: bool | None = None
    msg: str = ""
    totalCount: int | None = None
    data: list[AfterSale] | None = None


class WarePage(Struct):
    totalItem: int | None = None
    data: list[Ware] | None = None


class Answer(Struct):
    """What stands inside `jingdong_<method>_responce`; each method fills one of them."""

    searchorderinfo_result: OrderPage | None = None
    queryResult: ApplicationPage | None = None
    pageResult: AfterSalePage | None = None
    page: WarePage | None = None
    shop_jos_result: Shop | None = None


ENVELOPE = decoder(dict[str, Answer])


def answer(body: bytes) -> Answer:
    """The answer inside its envelope.

    >>> answer(b'{"jingdong_x_responce": {"code": "0", "page": {"totalItem": "3"}}}').page.totalItem
    3
    """
    return enveloped(ENVELOPE.decode(body))
