from __future__ import annotations

import numpy as np
import torch
from rows import classify_rows
from transformers import Trainer, TrainingArguments

from study_utils.catalog import encoder, task
from study_utils.encoders.load import load_encoder
from study_utils.encoders.vocabulary import Vocabulary
from study_utils.formats import format_of
from study_utils.formats.features import collate
from study_utils.model import TaskModel, encoder_under, make_heads
from study_utils.training import TaskRows, TrainingSettings, train
from study_utils.training.batches import mixed_batches

SST2 = task("sst2")


class WithLoss(torch.nn.Module):
    def __init__(self, model: TaskModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, labels, **batch):
        outputs = self.model(SST2.key, batch)
        return {"loss": format_of(SST2).loss(outputs, labels), "logits": outputs}


def test_losses_are_those_of_transformers_trainer(tiny_encoder, tmp_path):
    """The same batches and full vocabulary through Trainer: only its warm-up starts at 0, so there is none here."""
    base = load_encoder(encoder(str(tiny_encoder)), cache=tmp_path / "cache")
    rows = classify_rows(60)
    settings = TrainingSettings(epochs=2, learning_rate=1e-3, batch_size=8, max_length=32, dropout=0.0, warmup=0.0)
    tasks = [TaskRows(task=SST2, train=rows)]
    ours = train(base, tasks, settings, seed=0, folder=tmp_path / "ours", device="cpu").history["loss"]

    features = format_of(SST2).encode(rows, SST2, base.tokenizer, 32)
    everything = Vocabulary(kept=np.arange(len(base.tokenizer)), size_full=len(base.tokenizer))
    plain = encoder_under(base, everything)
    model = TaskModel(plain, make_heads([SST2], plain, base.spec.pooling, seed=0))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    order = [i for e in (1, 2) for _, i in mixed_batches({"sst2": features.lengths}, 8, seed=0, epoch=e)]
    losses = []

    class Recorder(Trainer):
        def compute_loss(self, *args, **kwargs):
            loss = super().compute_loss(*args, **kwargs)
            losses.append(loss.item())
            return loss

        def get_train_dataloader(self):
            return [collate(features, index, everything, base.tokenizer.pad_token_id) for index in order]

    arguments = TrainingArguments(
        str(tmp_path / "theirs"),
        max_steps=len(order),
        learning_rate=1e-3,
        lr_scheduler_type="linear",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
    )
    Recorder(WithLoss(model), arguments, train_dataset=[{}] * len(rows)).train()
    assert len(losses) == len(ours) == 16
    np.testing.assert_allclose(ours, losses, atol=1e-5)
