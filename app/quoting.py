"""Billing's prices as guidance asks for them."""

from collections.abc import Hashable
from datetime import datetime, timedelta

from billing.tariff import PricedStay, TariffBook, UnpricedError, price
from guidance.ports import Quote
from parking.city import City
from parking.ids import SectionId
from parking.rights import Energy


class TariffQuotes:
    """Quotes out of a book of tariffs."""

    def __init__(self, book: TariffBook, city: City) -> None:
        self._book = book
        self._city = city

    def group(self, section_id: SectionId) -> Hashable:
        """Name the class of the section's zone and the tariffs that name the section or its road."""
        section = self._city.sections[section_id]
        named = tuple(
            tariff.tariff_id
            for tariff in self._book.tariffs
            if tariff.terms.scope.is_local and tariff.terms.scope.covers(section.road, section_id, "")
        )
        return self._city.zones[section.zone_id].zone_class, named

    def quote(
        self, section_id: SectionId, arrive_at: datetime, stay: timedelta, energy: Energy
    ) -> Quote | None:
        """Price of one stay there, None where no tariff is in force."""
        section = self._city.sections[section_id]
        planned = PricedStay(
            arrive_at=arrive_at,
            depart_at=arrive_at + stay,
            zone_class=self._city.zones[section.zone_id].zone_class.value,
            energy=energy,
            zone=section.zone_id,
            road=section.road,
            section=section_id,
        )
        try:
            bill = price(self._book, planned)
        except UnpricedError:
            return None
        return Quote(amount=bill.total_fen, tariff=bill.tariff, document_no=bill.document)
