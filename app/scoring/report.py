"""All figures of one run, from what was played and what is true."""

from dataclasses import asdict
from typing import Any

from app.scoring.acts import Judged
from app.scoring.bills import TrueCosts, believed_stays, claims_of
from app.scoring.case import Case, States
from app.scoring.faultfigures import case_figures, fault_figures
from app.scoring.followerfigures import follower_figures
from simulators.scoring.acts import score_acts
from simulators.scoring.money import Money, score_money
from simulators.scoring.timelines import (
    Window,
)

Figures = dict[str, Any]


def report(case: Case, judged: Judged) -> Figures:
    """Return the figures that `citypark score --json` prints."""
    states = States.of(case)
    berth_ids = case.world.layout.berths.ids
    sites = case.office.sites
    stays = [
        believed_stays(case.played, berth_id, needs_witness=sites[berth_id].needs_witness)
        for berth_id in berth_ids
    ]
    claims = [claim for number, each in enumerate(stays) for claim in claims_of(case.office, each, number)]
    costs = TrueCosts(case.office, case.truth, berth_ids)
    money = score_money(case.truth, claims, costs, case.camera.tolist(), case.window)
    return {
        "accuracy": states.accuracies(case.camera),
        "stale_s": states.stale_s,
        **money_figures(money),
        **act_figures(judged, case.window),
        "tailgating": follower_figures(case, stays, states),
        "lost": case.played.lost,
        "messages": {
            "sent": case.played.sent,
            "accepted": case.played.accepted,
            "rejected": dict(sorted(case.played.rejected.items())),
        },
        "by_fault": fault_figures(case, states, money),
        "cases": case_figures(case, money, judged),
    }


def money_figures(money: Money) -> Figures:
    """Sums in fen, and counts of stays."""
    elsewhere = money.billed_fen - money.billed_with_camera_fen
    over = money.over_fen - money.over_with_camera_fen
    return {
        "ghosts": money.ghosts,
        "billed_fen": money.billed_fen,
        "owed_fen": money.owed_fen,
        "overcharged_fen": money.over_fen,
        "overcharged_with_camera_fen": money.over_with_camera_fen,
        "overcharged_share_without_camera": round(over / elsewhere, 7) if elsewhere else 0.0,
        "undercharged_fen": money.under_fen,
        "undercharged_held_fen": money.under_held_fen,
        "wrong_plate_fen": money.wrong_plate_fen,
        "unidentified_fen": money.unidentified_fen,
        "stays": money.stays,
        "stays_exact": money.exact,
        "stays_held": money.held,
        "stays_running": money.running,
        "stays_unwitnessed": money.withheld,
        "unwitnessed_fen": money.withheld_fen,
    }


def act_figures(judged: Judged, window: Window) -> Figures:
    """Violations that were actionable and wrong at any time, and each rule's figures."""
    scores, wrong = score_acts(judged.offences, judged.accusations, window)
    return {
        "wrong_violations": len(wrong),
        "enforcement": {
            rule: {
                **asdict(score),
                "recall": score.recall,
                "recall_actionable": score.recall_actionable,
            }
            for rule, score in scores.items()
        },
        "corrections": {"planted": judged.planted, "withdrawn": judged.withdrawn},
    }
