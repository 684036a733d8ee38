"""Evaluation: one prediction row per example. Start reading at `study_utils.evaluation.predict.predict`."""

from study_utils.evaluation.predict import predict, predict_features

__all__ = ["predict", "predict_features"]
