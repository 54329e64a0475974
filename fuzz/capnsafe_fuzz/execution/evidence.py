"""Run a scenario once more, and record which lines of the encoder ran and what they did."""

from __future__ import annotations

from ..encoders.protocol import Encoder
from ..guilt.lines import Stack
from ..guilt.recorder import Recorder
from ..guilt.rules import Clue, evidence_of
from ..oracles import ORACLES
from ..record import Step
from ..scenario import Scenario
from .run import Execution


def collect_evidence(
    scenario: Scenario, encoder: Encoder, promise: str
) -> tuple[Clue | None, list[Stack]]:
    """Return the line that the first guilty operation points at, and all lines that ran by then.

    If that operation breaks several promises, the evidence is about ``promise``, if it is one of
    them. The memory is examined after each operation, if the breach shows then.
    """
    for each_step in (True, False):
        recorder = Recorder[Step](encoder.owns)
        run = Execution(scenario, encoder, each_step, False, recorder)
        run.complete()
        found = [
            (one.operation, oracle.promise != promise, one)
            for oracle in ORACLES.values()
            for one in oracle.found(run.record)
        ]
        if found:
            break
    else:
        return None, []
    operation, _, finding = min(found, key=lambda entry: entry[:2])
    traces = recorder.traces
    ran = [
        stack for step, trace in traces if step.index <= operation for stack in trace.lines if stack
    ]
    return evidence_of(run.record, finding, traces, run.subject.hostile.calls), ran
