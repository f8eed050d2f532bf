"""Writes examples/*/data: made-up orders in the layouts of eight vendors, the same ones each time.

    python scripts/generate_examples.py [FOLDER]

Every name, address and amount is invented. The columns, notations, notes and footers are those of the
vendors' reports; what each stands for is in the README of its example.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

EXAMPLES = Path(__file__).parents[1] / "examples"
UTC, NEW_YORK, LOS_ANGELES = ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
FIRST_DAY = datetime(2024, 1, 2, 8, tzinfo=UTC)
DAYS = 470
PRODUCTS = {"MUG": "Mug, blue", "TEA": "Green tea 100 g", "BOWL": "Bowl", "POT": 'Pot "Nordic"', "CUP": "Cup"}
FIRST = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hedi")
LAST = ("Alder", "Birk", "Crane", "Dale")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    price: Decimal

    @property
    def total(self) -> Decimal:
        return self.quantity * self.price


@dataclass(frozen=True)
class Order:
    """fate: paid, pending, cancelled, refunded or partly (refunded); returned_at: when money went back."""

    number: int
    customer: int
    at: datetime
    lines: tuple[Line, ...]
    fate: str
    returned_at: datetime

    @property
    def goods(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))

    @property
    def refund(self) -> Decimal:
        """What went back to the customer."""
        if self.fate == "partly":
            return self.lines[-1].total if len(self.lines) > 1 else Decimal("5.00")
        return self.goods if self.fate == "refunded" else Decimal(0)

    @property
    def name(self) -> str:
        return f"{FIRST[self.customer % 8]} {LAST[self.customer // 8 % 4]}"

    @property
    def email(self) -> str:
        return f"c{self.customer:03}@example.com"


def orders(seed: str, count: int = 100, customers: int = 24) -> list[Order]:
    """Orders of a shop, in order of time."""
    chance = random.Random(seed)
    times = sorted(chance.uniform(0, DAYS * 86_400) for _ in range(count))
    made = []
    for number, seconds in enumerate(times):
        at = (FIRST_DAY + timedelta(seconds=seconds)).replace(microsecond=0)
        skus = chance.sample(sorted(PRODUCTS), chance.choice((1, 1, 2, 3)))
        lines = [Line(s, chance.choice((1, 1, 2)), Decimal(chance.randint(450, 90_000)) / 100) for s in skus]
        fate = chance.choices(("paid", "pending", "cancelled", "refunded", "partly"), (84, 4, 4, 4, 4))[0]
        back = at + timedelta(days=chance.randint(3, 40), seconds=chance.randint(0, 40_000))
        customer = min(chance.randrange(customers), chance.randrange(customers))
        made.append(Order(number, customer, at, tuple(lines), fate, back))
    return made


def write(
    columns: Sequence[str], rows: Iterable[Row], *, quote_all: bool = False, delimiter: str = ","
) -> str:
    """CSV; a column that a row does not name is blank."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(
        out, columns, restval="", quoting=quoting, delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def dollars(amount: Decimal) -> str:
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


SHOPIFY = (
    "Name|Email|Financial Status|Paid at|Fulfillment Status|Fulfilled at|Accepts Marketing|Currency"
    "|Subtotal|Shipping|Taxes|Total|Discount Code|Discount Amount|Shipping Method|Created at"
    "|Lineitem quantity|Lineitem name|Lineitem price|Lineitem compare at price|Lineitem sku"
    "|Lineitem requires shipping|Lineitem taxable|Lineitem fulfillment status|Billing Name|Billing Street"
    "|Billing Address1|Billing Address2|Billing Company|Billing City|Billing Zip|Billing Province"
    "|Billing Country|Billing Phone|Shipping Name|Shipping Street|Shipping Address1|Shipping Address2"
    "|Shipping Company|Shipping City|Shipping Zip|Shipping Province|Shipping Country|Shipping Phone|Notes"
    "|Note Attributes|Cancelled at|Payment Method|Payment Reference|Refunded Amount|Vendor"
    "|Outstanding Balance|Employee|Location|Device ID|Id|Tags|Risk Level|Source|Lineitem discount"
    "|Tax 1 Name|Tax 1 Value|Tax 2 Name|Tax 2 Value|Tax 3 Name|Tax 3 Value|Tax 4 Name|Tax 4 Value"
    "|Tax 5 Name|Tax 5 Value|Phone|Receipt Number|Duties|Billing Province Name|Shipping Province Name"
    "|Payment ID|Payment Terms Name|Next Payment Due At|Payment References"
)


def shopify() -> tuple[str, str]:
    """One row a line item; the values of the order stand on its first row. Newest first."""
    words = {
        "paid": "paid",
        "pending": "pending",
        "cancelled": "voided",
        "refunded": "refunded",
        "partly": "partially_refunded",
    }
    rows: list[Row] = []
    for order in reversed(orders("shopify")):
        created = f"{order.at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S %z}"
        total = order.goods + 5
        refunded = total if order.fate == "refunded" else order.refund
        head = {
            "Financial Status": words[order.fate],
            "Paid at": "" if order.fate == "pending" else created,
            "Fulfillment Status": "fulfilled" if order.fate != "cancelled" else "unfulfilled",
            "Accepts Marketing": "no",
            "Currency": "USD",
            "Subtotal": f"{order.goods}",
            "Shipping": "5.00",
            "Taxes": "0.00",
            "Total": f"{total}",
            "Discount Amount": "0.00",
            "Shipping Method": "Standard",
            "Billing Name": order.name,
            "Shipping Name": order.name,
            "Billing Zip": f"'{10_000 + order.customer}",
            "Cancelled at": f"{order.returned_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S %z}"
            if order.fate == "cancelled"
            else "",
            "Payment Method": "Shopify Payments",
            "Refunded Amount": f"{refunded:.2f}",
            "Outstanding Balance": "0.00",
            "Id": str(5_600_000_000 + order.number),
            "Risk Level": "Low",
            "Source": "pos" if order.number % 6 == 0 else "web",
        }
        for place, line in enumerate(order.lines):
            item = {
                "Name": f"#{1001 + order.number}",
                "Email": order.email,
                "Created at": created,
                "Lineitem quantity": str(line.quantity),
                "Lineitem name": PRODUCTS[line.sku],
                "Lineitem price": f"{line.price}",
                "Lineitem sku": line.sku,
                "Lineitem requires shipping": "true",
                "Lineitem taxable": "true",
                "Lineitem fulfillment status": "fulfilled",
                "Vendor": "Made-up Shop",
                "Lineitem discount": "0.00",
            }
            rows.append({**item, **head} if place == 0 else item)
    return "orders_export_1.csv", write(SHOPIFY.split("|"), rows)


WOOCOMMERCE = (
    "Date|Order #|N. Revenue (formatted)|Status|Customer|Customer type|Product(s)|Items sold|Coupon(s)"
    "|Net Sales|Attribution"
)


def woocommerce() -> tuple[str, str]:
    """One row an order, and one a refund, at its own time and with the number of its order. Newest first."""
    words = {
        "paid": "completed",
        "pending": "on-hold",
        "cancelled": "cancelled",
        "refunded": "refunded",
        "partly": "completed",
    }
    rows: list[tuple[datetime, Row]] = []
    seen: set[int] = set()
    for order in orders("woocommerce"):
        kind = "returning" if order.customer in seen else "new"
        seen.add(order.customer)
        common = {
            "Order #": str(2300 + order.number),
            "Customer": order.name,
            "Customer type": kind,
            "Attribution": "Organic: Google" if order.number % 3 else "Direct",
        }
        products = ", ".join(f"{line.quantity}× {PRODUCTS[line.sku]}" for line in order.lines)
        sold = str(sum(line.quantity for line in order.lines))
        rows.append(
            (
                order.at,
                {
                    **common,
                    "Date": _local(order.at),
                    "N. Revenue (formatted)": dollars(order.goods),
                    "Status": words[order.fate],
                    "Product(s)": products,
                    "Items sold": sold,
                    "Net Sales": f"{order.goods}",
                },
            )
        )
        if order.refund:
            rows.append(
                (
                    order.returned_at,
                    {
                        **common,
                        "Date": _local(order.returned_at),
                        "N. Revenue (formatted)": dollars(-order.refund),
                        "Status": "completed",
                        "Items sold": "0",
                        "Net Sales": f"{-order.refund}",
                    },
                )
            )
    newest_first = [row for _, row in sorted(rows, key=lambda entry: entry[0], reverse=True)]
    return "orders.csv", write(WOOCOMMERCE.split("|"), newest_first)


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"


STRIPE = (
    "id|Created date (UTC)|Amount|Amount Refunded|Currency|Captured|Converted Amount"
    "|Converted Amount Refunded|Converted Currency|Decline Reason|Description|Fee|Is Link|Link Funding"
    "|Mode|PaymentIntent ID|Payment Source Type|Refunded date (UTC)|Statement Descriptor|Status"
    "|Seller Message|Taxes On Fee|Card ID|Customer ID|Customer Description|Customer Email|Invoice ID"
    "|Transfer"
)


def stripe() -> tuple[str, str]:
    """One row a charge; money given back stands in a column of the charge. Newest first."""
    words = {
        "paid": "Paid",
        "pending": "Uncaptured",
        "cancelled": "Failed",
        "refunded": "Refunded",
        "partly": "Paid",
    }
    rows: list[Row] = []
    for order in reversed(orders("stripe")):
        token = random.Random(f"stripe {order.number}").getrandbits(64)
        rows.append(
            {
                "id": f"ch_3{token:016x}",
                "Created date (UTC)": f"{order.at:%Y-%m-%d %H:%M:%S}",
                "Amount": f"{order.goods:,.2f}",
                "Amount Refunded": f"{order.refund:,.2f}",
                "Currency": "usd",
                "Captured": "false" if order.fate in ("pending", "cancelled") else "true",
                "Converted Amount": f"{order.goods:,.2f}",
                "Converted Amount Refunded": f"{order.refund:,.2f}",
                "Converted Currency": "usd",
                "Decline Reason": "card_declined" if order.fate == "cancelled" else "",
                "Description": f"Order {order.number}",
                "Fee": f"{order.goods * 3 / 100:.2f}",
                "Is Link": "false",
                "Mode": "Live",
                "PaymentIntent ID": f"pi_3{token:016x}",
                "Payment Source Type": "card",
                "Refunded date (UTC)": f"{order.returned_at:%Y-%m-%d %H:%M:%S}" if order.refund else "",
                "Statement Descriptor": "MADE-UP SHOP",
                "Status": words[order.fate],
                "Seller Message": "Payment complete."
                if order.fate != "cancelled"
                else "The bank declined the payment.",
                "Taxes On Fee": "0.00",
                "Customer ID": f"cus_{order.customer:04}",
                "Customer Email": order.email,
            }
        )
    return "unified_payments.csv", write(STRIPE.split("|"), rows)


SQUARE = (
    "Date|Time|Time Zone|Category|Item|Qty|Price Point Name|SKU|Modifiers Applied|Gross Sales|Discounts"
    "|Net Sales|Tax|Transaction ID|Payment ID|Device Name|Notes|Details|Event Type|Location|Dining Option"
    "|Customer ID|Customer Name|Customer Reference ID|Unit|Count|GTIN|Itemization Type|Commission"
    "|Employee|Fulfillment Note|Channel|Token|Card Brand|PAN Suffix"
)


def square() -> tuple[str, str]:
    """One row an item sold or given back; every fifth sale is of nobody known. Newest first."""
    rows: list[tuple[datetime, Row]] = []
    for order in orders("square"):
        events = [("Payment", order.at, order.lines, 1)]
        if order.fate in ("refunded", "partly"):
            back = order.lines if order.fate == "refunded" else order.lines[-1:]
            events.append(("Refund", order.returned_at, back, -1))
        for kind, at, lines, sign in events:
            token = random.Random(f"square {order.number} {kind}").getrandbits(64)
            local = at.astimezone(NEW_YORK)
            known = order.number % 5 > 0
            for line in lines:
                discount = (
                    (line.total / 10).quantize(Decimal("0.01")) if order.number % 4 == 0 else Decimal(0)
                )
                rows.append(
                    (
                        at,
                        {
                            "Date": f"{local:%Y-%m-%d}",
                            "Time": f"{local:%H:%M:%S}",
                            "Time Zone": "Eastern Time (US & Canada)",
                            "Category": "Drinks" if line.sku == "TEA" else "Ceramics",
                            "Item": PRODUCTS[line.sku],
                            "Qty": f"{sign * line.quantity}.0",
                            "Price Point Name": "Regular",
                            "SKU": line.sku,
                            "Gross Sales": dollars(sign * line.total),
                            "Discounts": dollars(-sign * discount),
                            "Net Sales": dollars(sign * (line.total - discount)),
                            "Tax": "$0.00",
                            "Transaction ID": f"T{token:016X}",
                            "Payment ID": f"P{token:016X}",
                            "Device Name": "Counter 1",
                            "Event Type": kind,
                            "Location": "High Street",
                            "Customer ID": f"CUST{order.customer:04}" if known else "",
                            "Customer Name": order.name if known else "",
                            "Count": "1",
                            "Itemization Type": "Physical Good",
                            "Commission": "$0.00",
                            "Channel": "High Street",
                        },
                    )
                )
    newest_first = [row for _, row in sorted(rows, key=lambda entry: entry[0], reverse=True)]
    return "items-2024-01-01-2025-05-01.csv", write(SQUARE.split("|"), newest_first)


AMAZON = (
    "order-id|order-item-id|purchase-date|payments-date|buyer-email|buyer-name|buyer-phone-number|sku"
    "|product-name|quantity-purchased|currency|item-price|item-tax|shipping-price|shipping-tax"
    "|ship-service-level|recipient-name|ship-address-1|ship-address-2|ship-address-3|ship-city|ship-state"
    "|ship-postal-code|ship-country|ship-phone-number|delivery-start-date|delivery-end-date"
    "|delivery-time-zone|delivery-Instructions|sales-channel"
)


def amazon() -> tuple[str, str]:
    """One row an item of an order, parted by tabs; only paid orders are in it."""
    rows: list[Row] = []
    for order in orders("amazon"):
        if order.fate in ("pending", "cancelled"):
            continue
        alias = random.Random(f"amazon buyer {order.customer}").getrandbits(64)
        bought = order.at.astimezone(LOS_ANGELES)
        for place, line in enumerate(order.lines):
            rows.append(
                {
                    "order-id": f"114-{3_000_000 + order.number * 7919}-{1_000_000 + order.number * 41_729}",
                    "order-item-id": str(40_000_000_000_000 + order.number * 10 + place),
                    "purchase-date": bought.isoformat(),
                    "payments-date": (bought + timedelta(minutes=30)).isoformat(),
                    "buyer-email": f"{alias:x}@marketplace.amazon.com",
                    "buyer-name": order.name,
                    "sku": line.sku,
                    "product-name": PRODUCTS[line.sku].replace('"', ""),
                    "quantity-purchased": str(line.quantity),
                    "currency": "USD",
                    "item-price": f"{line.total}",
                    "item-tax": "0.00",
                    "shipping-price": "3.99" if place == 0 else "0.00",
                    "shipping-tax": "0.00",
                    "ship-service-level": "Standard",
                    "recipient-name": order.name,
                    "ship-city": "Springfield",
                    "ship-country": "US",
                    "sales-channel": "Amazon.com",
                }
            )
    return "order_report.txt", write(AMAZON.split("|"), rows, delimiter="\t")


EBAY = (
    "Sales Record Number|Order Number|Buyer Username|Buyer Name|Buyer Email|Buyer Note|Buyer Address 1"
    "|Buyer Address 2|Buyer City|Buyer State|Buyer Zip|Buyer Country|Buyer Tax Identifier Name"
    "|Buyer Tax Identifier Value|Ship To Name|Ship To Phone|Ship To Address 1|Ship To Address 2"
    "|Ship To City|Ship To State|Ship To Zip|Ship To Country|Item Number|Item Title|Custom Label"
    "|Sold Via Promoted Listings|Quantity|Sold For|Shipping And Handling|Item Location|Item Zip Code"
    "|Item Country|eBay Collect And Remit Tax Rate|eBay Collect And Remit Tax Type|eBay Reference Name"
    "|eBay Reference Value|Tax Status|Seller Collected Tax|eBay Collected Tax"
    "|Electronic Waste Recycling Fee|Mattress Recycling Fee|Battery Recycling Fee"
    "|White Goods Disposal Tax|Tire Recycling Fee|Additional Fee|Lumber Fee|Prepaid Wireless Fee"
    "|Road Improvement And Food Delivery Fee|eBay Collected Charges|Total Price"
    "|eBay Collected Tax and Fees Included in Total|Payment Method|Sale Date|Paid On Date|Ship By Date"
    "|Minimum Estimated Delivery Date|Maximum Estimated Delivery Date|Shipped On Date|Feedback Left"
    "|Feedback Received|My Item Note|PayPal Transaction ID|Shipping Service|Tracking Number"
    "|Transaction ID|Variation Details|Global Shipping Program|Global Shipping Reference ID"
    "|Click And Collect|Click And Collect Reference Number|eBay Plus|Authenticity Verification Program"
    "|Authenticity Verification Status|Authenticity Verification Outcome Reason|PSA Vault Program"
    "|Vault Fulfillment Type|eBay Fulfillment Program|Tax City|Tax State|Tax Zip|Tax Country"
    "|eBay International Shipping"
)


def ebay() -> tuple[str, str]:
    """A line of commas, the header, a line of commas, the orders, a blank line and two lines of notes.

    An order of several items is a row with its total and, below it, one for each item. Newest first.
    """
    columns = EBAY.split("|")
    rows: list[Row] = []
    records = [order for order in reversed(orders("ebay")) if order.fate != "cancelled"]
    for order in records:
        day = f"{order.at.astimezone(LOS_ANGELES):%b-%d-%y}"
        paid = "" if order.fate == "pending" else day
        tax = (order.goods * 7 / 100).quantize(Decimal("0.01"))
        head = {
            "Sales Record Number": str(101 + order.number),
            "Order Number": f"12-{10_000 + order.number}-{order.number:05}",
            "Buyer Username": f"buyer_{order.customer:03}",
            "Buyer Name": order.name,
            "Ship To Name": order.name,
            "Sale Date": day,
            "Paid On Date": paid,
            "Shipped On Date": paid if order.number % 2 else "",
        }
        total = {
            "Quantity": str(sum(line.quantity for line in order.lines)),
            "Sold For": dollars(order.goods),
            "Shipping And Handling": "$6.50",
            "eBay Collected Tax": dollars(tax),
            "Seller Collected Tax": "$0.00",
            "Total Price": dollars(order.goods + Decimal("6.50") + tax),
            "Payment Method": "Other",
            "eBay Collected Tax and Fees Included in Total": "Yes",
        }
        items = [
            {
                "Item Number": f"33500{order.number:03}{place}",
                "Item Title": PRODUCTS[line.sku],
                "Custom Label": line.sku,
                "Quantity": str(line.quantity),
                "Sold For": dollars(line.total),
                "Transaction ID": str(2_857_000 + order.number * 10 + place),
            }
            for place, line in enumerate(order.lines)
        ]
        if len(items) == 1:
            rows.append({**head, **items[0], **total})
        else:
            keys = ("Sales Record Number", "Order Number", "Buyer Username", "Sale Date", "Paid On Date")
            rows += [{**head, **total}, *({**{key: head[key] for key in keys}, **item} for item in items)]
    commas = "," * (len(columns) - 1)
    header, _, body = write(columns, rows).partition("\n")
    note = f"{len(records)},record(s) downloaded,from Jan-01-24 , to May-01-25"
    return (
        "eBay-OrdersReport.csv",
        f"{commas}\n{header}\n{commas}\n{body}\n{note}\nSeller ID : made_up_shop\n",
    )


ETSY = (
    "Sale Date|Order ID|Buyer User ID|Full Name|First Name|Last Name|Number of Items|Payment Method"
    "|Date Shipped|Street 1|Street 2|Ship City|Ship State|Ship Zipcode|Ship Country|Currency|Order Value"
    "|Coupon Code|Coupon Details|Discount Amount|Shipping Discount|Shipping|Sales Tax|Order Total|Status"
    "|Card Processing Fees|Order Net|Adjusted Order Total|Adjusted Card Processing Fees"
    "|Adjusted Net Order Amount|Buyer|Order Type|Payment Type|InPerson Discount|InPerson Location|SKU"
)


def etsy() -> tuple[str, str]:
    """One row an order, by day; what was given back shows in the adjusted total. Newest first."""
    rows: list[Row] = []
    for order in reversed(orders("etsy")):
        if order.fate in ("pending", "cancelled"):
            continue
        total = order.goods + 4
        fee = (total * 4 / 100).quantize(Decimal("0.01"))
        adjusted = total - order.refund if order.fate == "partly" else Decimal(0)
        first, last = order.name.split(" ")
        rows.append(
            {
                "Sale Date": f"{order.at.astimezone(NEW_YORK):%m/%d/%y}",
                "Order ID": str(3_310_000_000 + order.number),
                "Buyer User ID": f"{first.lower()}{order.customer:03}",
                "Full Name": order.name,
                "First Name": first,
                "Last Name": last,
                "Number of Items": str(sum(line.quantity for line in order.lines)),
                "Payment Method": "Credit Card",
                "Date Shipped": f"{(order.at + timedelta(days=2)).astimezone(NEW_YORK):%m/%d/%y}",
                "Ship City": "Springfield",
                "Ship Country": "United States",
                "Currency": "USD",
                "Order Value": f"{order.goods}",
                "Discount Amount": "0.00",
                "Shipping Discount": "0.00",
                "Shipping": "4.00",
                "Sales Tax": "0.00",
                "Order Total": f"{total}",
                "Card Processing Fees": f"{fee}",
                "Status": {"refunded": "Refunded", "partly": "Partially refunded"}.get(order.fate, ""),
                "Order Net": f"{total - fee}",
                "Adjusted Order Total": f"{adjusted:.2f}",
                "Adjusted Card Processing Fees": "0.00",
                "Adjusted Net Order Amount": f"{adjusted - fee if adjusted else 0:.2f}",
                "Buyer": order.name,
                "Order Type": "online",
                "Payment Type": "online_cc",
                "SKU": ",".join(line.sku for line in order.lines),
            }
        )
    return "EtsySoldOrders.csv", write(ETSY.split("|"), rows)


PAYPAL = (
    "Date|Time|TimeZone|Name|Type|Status|Currency|Gross|Fee|Net|From Email Address|To Email Address"
    "|Transaction ID|Shipping Address|Address Status|Item Title|Item ID|Shipping and Handling Amount"
    "|Insurance Amount|Sales Tax|Option 1 Name|Option 1 Value|Option 2 Name|Option 2 Value"
    "|Reference Txn ID|Invoice Number|Custom Number|Quantity|Receipt ID|Balance|Address Line 1"
    "|Address Line 2/District/Neighborhood|Town/City"
    "|State/Province/Region/County/Territory/Prefecture/Republic|Zip/Postal Code|Country"
    "|Contact Phone Number|Subject|Note|Country Code|Balance Impact"
)
SELLER = "shop@example.com"


def paypal() -> tuple[str, str]:
    """One row a movement of money: payments, refunds that name theirs, withdrawals. Newest first."""
    rows: list[tuple[datetime, Row]] = []
    for order in orders("paypal"):
        token = f"{random.Random(f'paypal {order.number}').getrandbits(68):017X}"
        if order.fate == "cancelled":
            continue
        status = "Pending" if order.fate == "pending" else "Completed"
        rows.append(
            _movement(
                order.at,
                order.name,
                "Express Checkout Payment",
                status,
                order.goods,
                {
                    "From Email Address": order.email,
                    "To Email Address": SELLER,
                    "Transaction ID": token,
                    "Item Title": PRODUCTS[order.lines[0].sku],
                    "Balance Impact": "Memo" if status == "Pending" else "Credit",
                },
            )
        )
        if order.refund:
            rows.append(
                _movement(
                    order.returned_at,
                    order.name,
                    "Payment Refund",
                    "Completed",
                    -order.refund,
                    {
                        "From Email Address": SELLER,
                        "To Email Address": order.email,
                        "Transaction ID": f"R{token[1:]}",
                        "Reference Txn ID": token,
                        "Balance Impact": "Debit",
                    },
                )
            )
        if order.number % 25 == 0:
            rows.append(
                _movement(
                    order.at + timedelta(hours=5),
                    "",
                    "General Withdrawal",
                    "Completed",
                    Decimal(-500),
                    {
                        "From Email Address": SELLER,
                        "Transaction ID": f"W{token[1:]}",
                        "Balance Impact": "Debit",
                    },
                )
            )
    newest_first = [row for _, row in sorted(rows, key=lambda entry: entry[0], reverse=True)]
    return "Download.CSV", "\ufeff" + write(PAYPAL.split("|"), newest_first, quote_all=True)


def _movement(
    at: datetime, name: str, kind: str, status: str, gross: Decimal, more: Row
) -> tuple[datetime, Row]:
    fee = -(gross * 3 / 100).quantize(Decimal("0.01")) if kind == "Express Checkout Payment" else Decimal(0)
    local = at.astimezone(LOS_ANGELES)
    return at, {
        "Date": f"{local:%m/%d/%Y}",
        "Time": f"{local:%H:%M:%S}",
        "TimeZone": local.tzname() or "",
        "Name": name,
        "Type": kind,
        "Status": status,
        "Currency": "USD",
        "Gross": f"{gross:,.2f}",
        "Fee": f"{fee:,.2f}",
        "Net": f"{gross + fee:,.2f}",
        **more,
    }


VENDORS = (shopify, woocommerce, stripe, square, amazon, ebay, etsy, paypal)


def generate(folder: Path) -> list[Path]:
    """Write VENDOR/data/FILE for each of VENDORS below a folder."""
    written = []
    for vendor in VENDORS:
        name, text = vendor()
        file = folder / vendor.__name__ / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        written.append(file)
    return written


if __name__ == "__main__":
    for path in generate(Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES):
        print(path)
