"""The method of approvals: steps and their outcome, the line of a request, flows and whom they ask, delegation. Pure."""

from dingke.approvals.calc.steps import Decision, Mode, Outcome, State, StepVoices, outcome, step_state

__all__ = ["Decision", "Mode", "Outcome", "State", "StepVoices", "outcome", "step_state"]
