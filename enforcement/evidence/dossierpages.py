"""The printable summary of a case, in Chinese: what happened, who did what, what is on file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from enforcement.cases.words import Action, Case, CaseState, Outcome
from enforcement.evidence.chain import ChainedEntry
from enforcement.evidence.pdf import Block
from parking.money import format_yuan

STATES: Final = {
    CaseState.LEAD: "线索",
    CaseState.DEVICE_CHECKED: "设备已核验",
    CaseState.REVIEWED_ONCE: "已初审",
    CaseState.REVIEWED: "已复审",
    CaseState.NOTIFIED: "已告知",
    CaseState.DEFENDED: "已陈述申辩",
    CaseState.DECIDED: "已决定",
    CaseState.SERVED: "已送达",
    CaseState.PAID: "已缴款",
    CaseState.CLOSED: "已结案",
    CaseState.DISMISSED: "不予立案或撤案",
    CaseState.WITHDRAWN: "线索撤回",
}
ACTIONS: Final = {
    Action.OPEN: "登记线索",
    Action.ADD_EVIDENCE: "补充证据",
    Action.CHECK_DEVICE: "核验设备",
    Action.REVIEW: "初审",
    Action.REVIEW_AGAIN: "复审",
    Action.GIVE_NOTICE: "事先告知",
    Action.DEFEND: "陈述申辩",
    Action.DECIDE: "作出决定",
    Action.SERVE: "送达",
    Action.RECORD_PAYMENT: "国库收讫",
    Action.CLOSE: "结案",
    Action.DISMISS: "撤案",
    Action.WITHDRAW: "系统撤回",
    Action.RECALL: "撤回决定",
}
VERDICTS: Final = {"healthy": "正常", "unproven": "未证实正常", "sick": "已隔离"}
OUTCOMES: Final = {
    Outcome.EDUCATION: "教育",
    Outcome.FIRST_WAIVED: "首违不罚",
    Outcome.WARNING: "警告",
    Outcome.PENALTY: "罚款",
}


def write_pages(
    case: Case,
    violation: Mapping[str, Any],
    log: Sequence[ChainedEntry],
    items: Sequence[Mapping[str, Any]],
    zone: ZoneInfo,
) -> list[Block]:
    """Write the summary; everything in it stands in the package's other files too."""
    return [
        Block(text="停车违法案件证据材料", is_heading=True),
        *_facts(case, violation, zone),
        Block(text="办理过程", is_heading=True),
        *_steps(log, zone),
        Block(text="证据清单", is_heading=True),
        *_items(items, zone),
        Block(text="校验", is_heading=True),
        Block(text=f"办案日志共 {len(log)} 条，末条摘要（SHA-256）：{log[-1].digest if log else ''}"),
        Block(text="可离线核对：citypark evidence verify 文件名"),
    ]


def _facts(case: Case, violation: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Block]:
    evidence = violation["evidence"]
    yield Block(text=f"案件编号：{case.case_id}    状态：{STATES[case.state]}")
    place = f"泊位：{violation['berth_id']}" if violation["berth_id"] else f"路段：{violation['section_id']}"
    yield Block(text=f"号牌：{case.plate or '未识别'}    {place}")
    yield Block(text=f"规则：{case.rule_id}    依据：{evidence['article']}")
    since, until = _local(violation["since_at"], zone), _local(violation["until_at"], zone)
    yield Block(text=f"行为起：{since}    可证明至：{until}")
    keys = "；".join("、".join(key) for key in evidence["keys"])
    yield Block(text=f"相互独立的证明设备：{keys or '无'}")
    for device in evidence.get("health", []):
        yield Block(text=f"设备 {device['device']}：{_health(device, zone)}")
    if case.outcome is not None:
        amount = f"，{format_yuan(case.amount_fen)} 元" if case.amount_fen is not None else ""
        yield Block(text=f"决定：{OUTCOMES[case.outcome]}{amount}")


def _health(device: Mapping[str, Any], zone: ZoneInfo) -> str:
    """What was known of a device at that minute (行政处罚法 41)."""
    if "accuracy" not in device:
        return "当时无健康记录"
    low, mean, high = device["accuracy"]
    checked_at = _local(datetime.fromisoformat(device["as_of"]), zone)
    word = VERDICTS[device["verdict"]]
    return f"{word}，准确率 {mean:.1%}（95% 区间 {low:.1%} 至 {high:.1%}），记录时间 {checked_at}"


def _steps(log: Sequence[ChainedEntry], zone: ZoneInfo) -> Iterator[Block]:
    for each in log:
        entry = each.entry
        certificate = entry.body.get("certificate_no")
        who = f"{entry.actor_id}（执法证号 {certificate}）" if certificate else entry.actor_id
        yield Block(text=f"{entry.seq}. {_local(entry.at, zone)}  {ACTIONS[Action(entry.action)]}  {who}")
        for name in ("note", "facts", "reasons", "basis", "rights", "text", "answer", "reason"):
            if entry.body.get(name):
                yield Block(text=f"    {entry.body[name]}")


def _items(items: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[Block]:
    if not items:
        yield Block(text="无")
    for number, item in enumerate(items, start=1):
        taken = ""
        if "taken_at" in item:
            taken = f"  设备 {item['device_id']}  {_local(datetime.fromisoformat(item['taken_at']), zone)}"
        yield Block(text=f"{number}. {item['name']}{taken}\nSHA-256 {item['digest']}")


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
