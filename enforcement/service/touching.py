"""What a batch made worth judging, widened to everything whose judgement can change with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from enforcement.rule import RuleKind
from enforcement.rulebook import Rulebook
from enforcement.service.news import News
from enforcement.store import facts, violations, visits
from enforcement.store.debts import Arrears
from parking.city import City
from parking.clock import local_day
from parking.ids import BerthId, SectionId, StayId
from parking.plumbing.database import Connection

# Nobody crosses a city in less: stays further apart in time need no second look.
CROSSING: Final = timedelta(hours=2)


@dataclass(slots=True, kw_only=True)
class Touched:
    """What is to be judged: stays, days of berths outside stays, days of sections."""

    stay_ids: set[StayId] = field(default_factory=set)
    days: set[tuple[BerthId, date]] = field(default_factory=set)
    scenes: set[tuple[SectionId, date]] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.stay_ids and not self.days and not self.scenes


class Toucher:
    """Widens what the feeds name."""

    def __init__(self, city: City, rulebook: Rulebook, arrears: Arrears) -> None:
        self._zone, self._rulebook, self._arrears = city.timezone, rulebook, arrears
        self._special = {each.berth_id for each in city.berths.values() if rulebook.concerning(each)}
        self._kinds = {rule.kind for rule in rulebook.anywhere()}

    def touched(self, connection: Connection, news: News, due: Iterable[StayId]) -> Touched:
        """Everything that the news, and stays that have become due, make worth judging."""
        slack, zone = self._rulebook.slack, self._zone
        touched, others = Touched(stay_ids={*news.stay_ids, *due}), set(news.others)
        for berth_id, at, stay_id in (
            facts.find_stays_at(connection, news.places, slack) if news.places else ()
        ):
            if stay_id is not None:
                (touched.stay_ids if berth_id in self._special else others).add(stay_id)
            elif berth_id in self._special:
                touched.days.add((berth_id, local_day(at, zone)))
        touched.stay_ids |= self._worthwhile(connection, others)
        if touched.stay_ids:
            named = set(touched.stay_ids)
            named |= set(facts.list_neighbours(connection, named))
            touched.stay_ids = self._paired(connection, named)
            for berth_id, at in violations.list_loose_under(connection, named, slack):
                touched.days.add((berth_id, local_day(at, zone)))
        touched.scenes = {(section_id, local_day(at, zone)) for section_id, at in news.scenes}
        return touched

    def _worthwhile(self, connection: Connection, others: Collection[StayId]) -> set[StayId]:
        """Those of the stays in any berth in which something may be, or once was, found."""
        if not others or not self._kinds:
            return set()
        found = visits.list_known(connection, others)
        if RuleKind.CLONED_PLATE in self._kinds:
            found |= {one for one, _ in visits.list_same_plate(connection, others, CROSSING)}
        if RuleKind.ARREARS in self._kinds:
            plates = visits.list_plates(connection, others)
            owed = self._arrears(connection, set(plates.values())) if plates else {}
            found |= {stay_id for stay_id, plate in plates.items() if plate in owed}
        return found

    def _paired(self, connection: Connection, stay_ids: set[StayId]) -> set[StayId]:
        """These, and all stays that are tied to them by one plate, or by what was found of it."""
        if RuleKind.CLONED_PLATE not in self._kinds:
            return stay_ids
        known = stay_ids | visits.list_paired(connection, stay_ids)
        new = set(known)
        while new:
            new = {other for _, other in visits.list_same_plate(connection, new, CROSSING)} - known
            known |= new
        return known
