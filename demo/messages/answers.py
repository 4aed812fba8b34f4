"""Every answer that the component can be given, told apart by its kind."""

from __future__ import annotations

from demo.messages.change import ChangeAnswer, CompareAnswer, ElsewhereAnswer, SwitchboardAnswer
from demo.messages.clip import ClipAnswer
from demo.messages.envelope import KeptAnswer, MessageAnswer
from demo.messages.evidence import DrawingsAnswer, EvidenceAnswer, RankAnswer, SanityAnswer
from demo.messages.result import ResultFacts
from demo.messages.walk import TrainedAnswer, WalkAnswer

Answer = (
    MessageAnswer
    | KeptAnswer
    | ResultFacts
    | ChangeAnswer
    | CompareAnswer
    | ElsewhereAnswer
    | SwitchboardAnswer
    | WalkAnswer
    | TrainedAnswer
    | EvidenceAnswer
    | RankAnswer
    | SanityAnswer
    | DrawingsAnswer
    | ClipAnswer
)
