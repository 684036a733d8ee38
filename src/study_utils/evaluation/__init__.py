"""Evaluation: one prediction row per example. Start reading at `study_utils.evaluation.predict.predict`."""
