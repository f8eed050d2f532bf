"""Which column serves as what: by its name first, then by what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ready.suggest.mapping.columns import Column
from ready.suggest.mapping.statuses import meaning_of

_NUMBER = (
    r"(id|key|r[eé]f|reference|referenz|kennung|kürzel|#|nr|no|n|nº|num|núm|number|nummer|numero|número|numéro|code|cod|cód"
    r"|código|codigo|codice)"
)
_WHO = (
    r"(customers?|cust|clients?|buyer|purchaser|shopper|member|kunden?|kd|käufer|besteller|debitor(en)?|acheteur"
    r"|clientes?|comprador|acquirente|klant(en)?|afnemer)"
)
_ORDER = r"(orders?|bestell(ung)?|auftrags?|commande|pedido|encomenda|compra|ordine|bestel(ling)?)"
_OF = "((de|del|du|do|da|della|dell|van|of|l|la) )*"
_GROSS = (
    r"(brutto|gross|ttc|inkl mw ?st|incl tax|inc tax|incl vat|inc vat|bruto|con iva"
    r"|iva incluid[ao]|lordo|ivato|incl btw)"
)
_SUM = (
    r"((order )?(total|amount)( amount)?|gesamt(betrag|summe|preis)?"
    r"|(end|rechnungs|auftrags|bestell)?(betrag|summe)|montant( total)?|importe( total)?|importo( totale)?"
    r"|totale|valor( total)?|(totaal)?bedrag|totaal)"
)
# Names in many spellings: those of NAMES that begin with @.
FORMS = {
    "@order number": rf"{_ORDER} ?{_NUMBER}|{_NUMBER} ?{_OF}{_ORDER}",
    "@customer number": rf"{_WHO} ?{_NUMBER}|{_NUMBER} ?{_OF}{_WHO}",
    "@gross amount": rf"{_SUM} ?{_GROSS}|{_GROSS} ?{_SUM}|endbetrag|bruttoumsatz|zahlbetrag",
}
# Names as exports write them, the likelier first, in the form of Column.words.
NAMES = {
    "order_id": (
        "order id|orderid|order number|order no|order nr|order #|order ref|order reference|@order number"
        "|amazon order id|ordernumber|sales order|sales record number|bestellnummer|bestellung"
        "|bestell nr|auftragsnummer|auftrag|auftrags nr|belegnummer|numéro de commande|commande"
        ""
        "|pedido|id ordine|numero ordine|ordine|bestelnummer"
        "|bestell id|beleg nr|order key|invoice no|invoice number|invoiceno|invoice|rechnungsnummer"
        "|rechnung|factura|fattura|facture|receipt id|receipt number|transaction id"
        "|transaktionscode|transaction no|payment id|charge id|order|name|id"
    ),
    "customer_id": (
        "customer id|@customer number|customer unique id|visitor id|buyer user id|buyer username"
        "|buyer user name|user id|userid|user name|username|account id|customer|client|kunde|käufer"
        "|cliente|acheteur|klant|customer email|buyer email|from email address"
        "|email address|e mail adresse|email|e mail|absender e mail adresse|customer name"
        "|buyer name|full name|buyer|billing email"
    ),
    "order_ts": (
        "order ts|order date|order time|order datetime|ordered at|order timestamp|created at"
        "|created|created utc|created date utc|purchase date|purchased at|sale date|sold at"
        "|sale time|invoice date|transaction date|bestelldatum|bestellt am|auftragsdatum"
        "|rechnungsdatum|kaufdatum|buchungstag|datum|date de commande|fecha|fecha de pedido|data"
        "|data ordine|data do pedido|besteldatum|orderdatum|order purchase timestamp|event time"
        "|placed at|placed on|placed|order placed|order placed at|order placed on|date placed|ordered on"
        "|ordered|bought at|checkout at|submitted at|bestellzeit|bestellzeitpunkt|erstellt am|eingegangen am"
        "|date commande|commandé le|passée le|créé le|fecha pedido|fecha del pedido|fecha de compra|creado el"
        "|data pedido|data da compra|data da encomenda|criado em|data dell ordine|data acquisto|creato il"
        "|besteld op|aangemaakt op|datum bestelling"
        "|date of purchase|belegdatum|datum zeit|datum uhrzeit|timestamp|date created|date time"
        "|date|time|paid at"
    ),
    "amount": (
        "amount|order total|total amount|order amount|total price|grand total|total|order value|@gross amount"
        "|net sales|net revenue|n revenue|revenue|gross|gross sales|betrag|gesamtbetrag|gesamtsumme"
        "|summe|umsatz|rechnungsbetrag|bestellwert|montant|montant total|importe|importe total"
        "|importo|totale|valor|valor total|bedrag|totaal|bedrag totaal|sales amount|paid amount"
        "|total paid|payment value|net amount|gross amount|sales|line total|item total|line amount"
        "|item price|dollar value|value|brutto|netto|subtotal|price|preis|prix|precio"
    ),
    "status": (
        "status|order status|orderstatus|state|order state|financial status|payment status"
        "|bestellstatus|zahlungsstatus|zustand|statut|estado|stato|situação|situación|line status|item status"
        "|fulfillment status"
    ),
    "currency": "currency|currency code|order currency|währung|waehrung|devise|moneda|moeda|valuta|ccy",
    "channel": (
        "channel|sales channel|source|attribution|order source|kanal|vertriebskanal|vertriebsweg"
        "|canal|canale|kanaal|platform|marketplace"
    ),
    "line_id": (
        "line id|line item id|lineitem id|order item id|order line id|order line|line number"
        "|line no|line nr|line|positionsnummer|position|pos|item no|línea|ligne|riga|regel|row id"
        "|product id|sku"
    ),
    "available_at": (
        "updated at|last updated|last updated date|last update|modified at|last modified"
        "|status date|changed at|geändert am|modifié le|actualizado|aggiornato"
    ),
    "event_id": (
        "event id|visit id|session id|ticket id|message id|click id|page view id|view id|case id|log id"
        "|payment id|visit|session|ticket|id"
    ),
    "event_ts": (
        "event ts|event time|event date|event timestamp|visited at|visit time|opened at|clicked at|sent at"
        "|started at|happened at|occurred at|logged at|received at|timestamp|created at|created|at|date time"
        "|zeitpunkt|datum zeit|datum|zeit|date|time"
    ),
    "known_since": (
        "available at|valid from|known since|since|updated at|last updated|last update|modified at|changed at"
        "|seen at|loaded at|ingested at|received at|arrived at|gültig ab|geändert am|valide depuis"
    ),
    "quantity": (
        "quantity|qty|lineitem quantity|quantity purchased|menge|anzahl|quantité|cantidad|quantità|aantal"
    ),
    "unit_price": (
        "unit price|unitprice|price|lineitem price|price each|item price|einzelpreis|stückpreis"
        "|preis|prix|precio|prezzo|prijs"
    ),
    "clock": "time|order time|uhrzeit|zeit|heure|hora|ora|tijd|created time",
    "zone": "time zone|timezone|zeitzone|fuseau horaire|zona horaria|tijdzone",
    "kind": (
        "type|transaction type|event type|typ|tipo|record type|balance impact|row type|transaktionstyp"
        "|transaktionsart|vorgangsart|buchungsart|art|type de transaction|tipo de transacción"
        "|tipo de transação|tipo di transazione|soort"
    ),
}
ENOUGH = 0.9
# As files without umlauts write them.
SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class Choice:
    """A column for a role, and the others that could have been taken. by_name: else by what it holds."""

    column: Column
    others: tuple[str, ...] = ()
    by_name: bool = True


def choose(role: str, columns: Sequence[Column], taken: Iterable[str] = ()) -> Choice | None:
    """The column for a role, or None."""
    free = [column for column in columns if column.name not in set(taken) and column.filled]
    fitting = [column for column in free if _fits(role, column)]
    names = NAMES[role].split("|")
    named = [column for name in names for column in fitting if _is_called(name, column)]
    named += [column for column in fitting if any(_has_within(name, column.words) for name in names)]
    if role == "customer_id":
        named.sort(key=_is_poor_id)
        if named and named[0].holds_names:
            named += [column for column in _repeated(fitting) if min(map(len, column.counts)) > 2]
    named = list(dict.fromkeys(named))
    if named:
        return Choice(named[0], tuple(column.name for column in named[1:4]))
    found = BY_CONTENT[role](fitting) if role in BY_CONTENT else []
    return Choice(found[0], tuple(column.name for column in found[1:4]), by_name=False) if found else None


def choose_number_of(things: str, columns: Sequence[Column], taken: Iterable[str]) -> Choice | None:
    """The column with an id that is called as what the rows are: Besuchsnr of besuche, call_no of calls."""
    thing = re.escape(re.sub(r"(es|en|e|s|n)$", "", things.replace("_", " ")))
    form = rf"{thing}(es|en|e|s|n)? ?{_NUMBER}"
    free = [column for column in columns if column.name not in set(taken) and column.filled]
    found = [column for column in free if re.fullmatch(form, column.words) and _fits("event_id", column)]
    return Choice(found[0]) if found else None


def _is_called(name: str, column: Column) -> bool:
    called = (column.words, column.plain_words)
    if name in FORMS:
        forms = (FORMS[name], FORMS[name].translate(SPELT))
        return any(re.fullmatch(form, words) for form in forms for words in called)
    return name in called or name.translate(SPELT) in called


def _has_within(name: str, words: str) -> bool:
    """A name of two words or more in a longer one: "Order Number (eBay)"; not "order" in "Order Notes"."""
    form = FORMS.get(name) or (re.escape(name) if " " in name else None)
    return bool(form and re.search(rf"\b({form})\b", words))


def _is_poor_id(column: Column) -> int:
    """Whether a customer's column had better be another: mostly blank, or names of people."""
    return 2 * (len(column.filled) * 2 < len(column.texts)) + column.holds_names


def _fits(role: str, column: Column) -> bool:
    check = CHECKS.get(role)
    return check is None or check(column)


def _is_amount(column: Column) -> bool:
    return bool(column.numbers and column.numbers.count) and not _is_time(column)


def _is_time(column: Column) -> bool:
    return column.times is not None


def _may_be_time(column: Column) -> bool:
    return _is_time(column) or column.numeric_times is not None


def _is_id(column: Column) -> bool:
    """Ids repeat little: a column of some words is none."""
    return not _is_time(column) and column.distinct > max(1, len(column.filled) // 20)


def _is_order_id(column: Column) -> bool:
    """A `Name` or `id` may be anything; the number of a person's order has a digit."""
    if column.words == "name":
        return _is_id(column) and all(text.startswith("#") for text in column.filled)
    return _is_id(column) and not (column.numbers and column.numbers.has_decimals)


def _is_customer(column: Column) -> bool:
    return not _is_time(column) and column.distinct > 1


def _is_currency(column: Column) -> bool:
    return all(re.fullmatch(r"[A-Za-z]{3}|\W", text) for text in column.counts)


def _is_word(column: Column) -> bool:
    return column.distinct <= 30 and column.numbers is None and not _is_time(column)


def _is_status(column: Column) -> bool:
    """State may be Kentucky."""
    is_known = any(map(meaning_of, column.counts))
    return _is_word(column) and (is_known or "status" in column.words)


CHECKS: dict[str, Callable[[Column], bool]] = {
    "order_id": _is_order_id,
    "customer_id": _is_customer,
    "order_ts": _may_be_time,
    "amount": _is_amount,
    "status": _is_status,
    "currency": _is_currency,
    "channel": _is_word,
    "available_at": _is_time,
    "event_id": _is_id,
    "event_ts": _may_be_time,
    "known_since": _may_be_time,
    "quantity": _is_amount,
    "unit_price": _is_amount,
    "kind": _is_word,
}


def _decimals(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.numbers and column.numbers.has_decimals]


def _unique(columns: Sequence[Column]) -> list[Column]:
    return [
        c
        for c in columns
        if c.is_unique and not c.blanks and all(map(re.compile(r"\S*\d\S*").fullmatch, c.filled))
    ]


def _repeated(columns: Sequence[Column]) -> list[Column]:
    """Ids that come again, and not only a few of them."""
    return [
        column
        for column in columns
        if not (column.numbers and column.numbers.has_decimals)
        and len(column.filled) // 20 < column.distinct < len(column.filled)
        and all(map(re.compile(r"\S*\d\S*|\S+@\S+").fullmatch, column.counts))
    ]


def _times(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if _is_time(column)]


def _statuses(columns: Sequence[Column]) -> list[Column]:
    """Columns of words that are mostly known ones."""
    return [
        column
        for column in columns
        if _is_word(column)
        and column.distinct > 1
        and sum(count for word, count in column.counts.items() if meaning_of(word)) * 2 > len(column.filled)
    ]


BY_CONTENT: dict[str, Callable[[Sequence[Column]], list[Column]]] = {
    "order_id": _unique,
    "customer_id": _repeated,
    "order_ts": _times,
    "event_id": _unique,
    "event_ts": _times,
    "known_since": _times,
    "amount": _decimals,
    "status": _statuses,
}
