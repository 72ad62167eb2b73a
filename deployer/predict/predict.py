"""From a release and a workload to a prediction, through the one predictor that there is."""

from __future__ import annotations

from deployer.facts.prices import Prices
from deployer.predict.aiconfigurator import Tool, ask, load
from deployer.predict.prediction import Prediction, prediction
from deployer.predict.question import Workload, question
from deployer.release import Release


def predict(
    release: Release, workload: Workload, prices: Prices, tool: Tool | None = None
) -> Prediction:
    """Predict how a release serves a workload (seconds).

    Raises Failure where the predictor is not installed or has no answer, and where the release
    could not serve the workload; UsageError for an accept length that cannot be.
    """
    asked = question(release, workload)
    loaded = tool or load()
    return prediction(release, workload, asked, ask(asked, loaded), loaded.name, prices)
