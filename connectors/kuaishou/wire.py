"""Kuaishou's payloads as typed structs: only the fields this connector uses.

Amounts are integers in fen, instants epoch milliseconds, 0 where something has not happened. An order holds one
item, whose block is an object and not a list.
"""

from __future__ import annotations

from msgspec import Struct

from connectors.engine.values import Id, decoder


class Base(Struct):
    """`totalFee` is what the buyer pays, `expressFee` included."""

    oid: Id
    status: int
    createTime: int
    totalFee: int | None = None
    expressFee: int | None = None
    discountFee: int | None = None
    payTime: int | None = None
    sendTime: int | None = None
    recvTime: int | None = None
    refundTime: int | None = None
    updateTime: int | None = None
    buyerOpenId: str | None = None


class OrderItem(Struct):
    itemId: Id = ""
    skuId: Id | None = None
    num: int = 1
    price: int | None = None


class Address(Struct):
    province: str | None = None


class Cps(Struct):
    """Who sold it, where a creator did."""

    distributorId: Id | None = None


class Order(Struct):
    orderBaseInfo: Base
    orderItemInfo: OrderItem | None = None
    orderAddress: Address | None = None
    orderCpsInfo: Cps | None = None


class Refund(Struct):
    refundId: Id
    oid: Id
    status: int
    handlingWay: int = 0
    refundFee: int | None = None
    receiptStatus: int | None = None
    refundReasonDesc: str | None = None
    skuId: Id | None = None
    createTime: int | None = None
    submitTime: int | None = None
    endTime: int | None = None
    updateTime: int | None = None


class Item(Struct):
    kwaiItemId: Id
    title: str = ""
    onOfflineStatus: int | None = None


class Data(Struct):
    """What stands inside `data`; each method fills one of the lists."""

    cursor: str | None = None
    pcursor: str | None = None
    orderList: list[Order] | None = None
    refundOrderInfoList: list[Refund] | None = None
    items: list[Item] | None = None
    totalPage: int | None = None
    currentPageNumber: int | None = None
    shopId: Id | None = None
    shopName: str | None = None


class Answer(Struct):
    data: Data | None = None


class Owner(Struct):
    """The token answer names the seller by its id for this app."""

    open_id: str | None = None


ANSWER, OWNER = decoder(Answer), decoder(Owner)


def data(body: bytes) -> Data:
    """
    >>> data(b'{"result": 1, "data": {"cursor": "nomore"}}').cursor
    'nomore'
    """
    return ANSWER.decode(body).data or Data()
