"""The files' words for a status, in the words of the seed order_statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SEED = ("completed", "shipped", "pending", "cancelled", "returned")
WORDS = {
    "completed": (
        "complete paid success successful succeeded delivered fulfilled done closed settled available ok"
        "|partially refunded|partially_refunded|paid out|bezahlt|abgeschlossen|erledigt|geliefert"
        "|zugestellt|payé|payée|terminé|terminée|livré|livrée|pagado|completado|entregado|pago"
        "|concluído|entregue|pagato|completato|consegnato|betaald|afgerond|geleverd|voltooid"
    ),
    "shipped": (
        "sent dispatched|in transit|intransit|versandt|verschickt|versendet|unterwegs|expédié"
        "|expédiée|enviado|enviada|spedito|verzonden"
    ),
    "pending": (
        "open new placed created processing unpaid unshipped authorized authorised uncaptured draft received"
        "|on hold|onhold|on-hold|awaiting payment|payment pending|partially paid|partially_paid"
        "|requires_payment_method|requires payment method|unfulfilled|offen|neu|ausstehend"
        "|in bearbeitung|en attente|en cours|pendiente|en proceso|pendente|em processamento"
        "|in attesa|in lavorazione|in behandeling|openstaand"
    ),
    "cancelled": (
        "canceled cancel voided void failed failure expired declined denied rejected abandoned"
        "|storniert|abgebrochen|abgelehnt|annulé|annulée|cancelado|cancelada|annullato|annullata"
        "|geannuleerd"
    ),
    "returned": (
        "return refunded refund reversed chargeback return_pending charged_back disputed"
        "|retourniert|zurückgegeben|zurückgesendet|erstattet|remboursé|remboursée|retourné|devuelto"
        "|reembolsado|devolvido|reso|rimborsato|geretourneerd|terugbetaald"
    ),
}
KNOWN = {
    word: seed
    for seed, groups in WORDS.items()
    for first, *rest in [groups.split("|")]
    for word in (seed, *first.split(" "), *rest)
}


@dataclass(frozen=True)
class Statuses:
    """Each word of the files in lower case with its records, and what it means; None: not known."""

    counts: Mapping[str, int]
    meanings: Mapping[str, str | None]

    @property
    def unknown(self) -> list[str]:
        return [word for word, meaning in self.meanings.items() if meaning is None]


def read_statuses(texts: Iterable[str]) -> Statuses:
    """The most frequent word first."""
    counts = Counter(text.lower() for text in texts)
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    return Statuses({word: counts[word] for word in ordered}, {word: KNOWN.get(word) for word in ordered})
