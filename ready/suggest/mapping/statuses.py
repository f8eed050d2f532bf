"""The files' words for a status, in the words of the seed order_statuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SEED = ("completed", "shipped", "pending", "cancelled", "returned")
WORDS = {
    "completed": (
        "complete paid success successful succeeded delivered fulfilled done closed settled available ok"
        "|paid out|bezahlt|abgeschlossen|erledigt|geliefert"
        "|zugestellt|payé|payée|terminé|terminée|livré|livrée|pagado|completado|entregado|pago"
        "|concluído|entregue|pagato|completato|consegnato|betaald|afgerond|geleverd|voltooid"
    ),
    "shipped": (
        "sent dispatched|in transit|intransit|versandt|verschickt|versendet|unterwegs|expédié"
        "|expédiée|enviado|enviada|spedito|verzonden"
    ),
    "pending": (
        "open new placed created unpaid unshipped authorized authorised uncaptured draft received"
        "|on hold|onhold|awaiting payment|payment pending|partially paid"
        "|requires payment method|unfulfilled|offen|neu|ausstehend"
        "|en attente|pendiente|pendente|in attesa|openstaand"
    ),
    "cancelled": (
        "canceled cancel voided void failed failure expired declined denied rejected abandoned"
        "|storniert|storno|abgebrochen|abgelehnt|annulé|annulée|cancelado|cancelada|anulado|anulada|annullato|annullata"
        "|geannuleerd"
    ),
    "returned": (
        "return refunded refund reversed chargeback disputed|return pending|charged back|fully refunded"
        "|retourniert|retoure|rückgabe|rücksendung|zurückgegeben|zurückgesendet|erstattet|rückerstattet|rückerstattung"
        "|voll erstattet|vollständig erstattet|zurückerstattet|gutschrift"
        "|remboursé|remboursée|remboursement|retourné|retournée|retour"
        "|devuelto|devuelta|devolución|reembolsado|reembolsada|reembolso|devolvido|devolvida|devolução|estornado|estorno"
        "|reso|resa|restituito|restituita|rimborsato|rimborsata|rimborso"
        "|geretourneerd|retourgezonden|terugbetaald|terugbetaling|teruggestuurd"
    ),
}
# Sales of which a part was given back.
PARTLY_GIVEN_BACK = (
    "partially refunded", "partial refund", "partly refunded", "partially returned",
    "teilweise erstattet", "teilerstattet", "teilerstattung", "teilweise rückerstattet",
    "teilweise retourniert", "teilretoure", "teilweise zurückerstattet", "partiellement remboursé",
    "partiellement remboursée", "remboursé partiellement", "remboursement partiel",
    "parcialmente reembolsado", "reembolsado parcialmente", "reembolso parcial",
    "parcialmente devuelto", "devuelto parcialmente", "reembolsada parcialmente",
    "parcialmente reembolsada", "parcialmente devolvido", "devolvido parcialmente",
    "parzialmente rimborsato", "rimborsato parzialmente", "rimborso parziale", "reso parziale",
    "gedeeltelijk terugbetaald", "gedeeltelijk geretourneerd", "deels terugbetaald",
)  # fmt: skip
# Not paid in one shop, paid and on its way in another (WooCommerce).
UNDERWAY = (
    "processing", "in process", "in progress", "in bearbeitung", "in verarbeitung", "wird bearbeitet",
    "en cours", "en cours de traitement", "en proceso", "procesando", "em processamento", "processando",
    "in lavorazione", "in elaborazione", "in behandeling", "verwerken",
)  # fmt: skip
# Done in one shop, given back in another (Magento).
CLOSED = ("closed",)
KNOWN = {
    **{
        word: seed
        for seed, groups in WORDS.items()
        for first, *rest in [groups.split("|")]
        for word in (seed, *first.split(" "), *rest)
    },
    **dict.fromkeys(PARTLY_GIVEN_BACK, "completed"),
    **dict.fromkeys(UNDERWAY, "pending"),
}


def plain(word: str) -> str:
    """As the words here are written: partially_refunded, PARTIALLY-REFUNDED and wc-refunded too."""
    return re.sub(r"[\s_-]+", " ", word.lower()).strip().removeprefix("wc ")


def meaning_of(word: str) -> str | None:
    """In the words of the seed; None where it is not known."""
    return KNOWN.get(plain(word))


@dataclass(frozen=True)
class Statuses:
    """Each word of the files in lower case with its records, and what it means; None: not known."""

    counts: Mapping[str, int]
    meanings: Mapping[str, str | None]

    @property
    def unknown(self) -> list[str]:
        return [word for word, meaning in self.meanings.items() if meaning is None]

    def among(self, words: Sequence[str]) -> list[tuple[str, int]]:
        """The files' words that are some of these, with their records."""
        return [(word, count) for word, count in self.counts.items() if plain(word) in words]


def read_statuses(texts: Iterable[str]) -> Statuses:
    """The most frequent word first."""
    counts = Counter(text.lower() for text in texts)
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    return Statuses({word: counts[word] for word in ordered}, {word: meaning_of(word) for word in ordered})
