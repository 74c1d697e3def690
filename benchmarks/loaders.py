"""Exports of a release, loaded by the tools they are for: TRL trains a step on them, LLaMA-Factory tokenises them.

    python benchmarks/loaders.py [--folder DIR] [--only trl llama-factory]

Each tool gets an environment of its own in DIR (kept for the next time), because their pins cannot live together. No
model is fetched: the tokenizer is made of the exported texts, and the model is a random one of a few thousand weights.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: What is installed for each tool, torch first and held: else the newest build for graphics cards comes along.
#: LLaMA-Factory imports torchaudio, which ends at 2.11 and wants the torch of its own number.
TOOLS = {
    "trl": ("torch==2.13.0", "trl>=1.16"),
    "llama-factory": ("torch==2.11.0", "torchaudio==2.11.0", "llamafactory>=0.9.5"),
}

TALK = {
    "instruction": "那搪瓷的呢？",
    "input": "锅底掉了一小块瓷。",
    "output": "掉了瓷的别再用来煮酸的东西。",
    "history": [["铁锅能煮醋吗？", "不能，铁会被醋化开。"]],
}
ROWS = [
    TALK,
    *({"instruction": f"写出第{n}种晾衣服的办法。", "input": "", "output": f"挂在第{n}根绳上。"} for n in range(40)),
]

#: Run in the tool's environment: ``MODEL`` (a folder) and ``DATA`` (the exports) are in its environment variables.
TOKENIZER = """
import json, os
from pathlib import Path
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

data, model = Path(os.environ["DATA"]), Path(os.environ["MODEL"])
texts = [line for file in sorted(data.rglob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
made = Tokenizer(models.BPE())
made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=special,
                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>")
tokenizer.chat_template = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\\n{{ m.content }}<|im_end|>\\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\\n{% endif %}"
)
tokenizer.save_pretrained(model)
config = Qwen2Config(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                     num_attention_heads=2, num_key_value_heads=2)
Qwen2ForCausalLM(config).save_pretrained(model)
"""
CHECKS = {
    "trl": TOKENIZER
    + """
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

for form in ("trl-messages", "messages", "trl-prompt-completion"):
    rows = load_dataset("json", data_files=str(data / form / "talks.jsonl"), split="train")
    config = SFTConfig(output_dir=str(model / form), max_steps=1, per_device_train_batch_size=2, report_to=[],
                       use_cpu=True, bf16=False)
    trainer = SFTTrainer(model=str(model), args=config, train_dataset=rows, processing_class=tokenizer)
    seen = [tokenizer.decode(ids) for ids in trainer.train_dataset["input_ids"]]
    assert len(seen) == len(rows)
    assert any("铁会被醋化开" in text and "掉了瓷的" in text for text in seen), "the history is lost"
    print("trl", form, len(rows), "rows, loss", round(trainer.train().training_loss, 3))
""",
    "llama-factory": TOKENIZER
    + """
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args

folder = data / "llama-factory"
for name in json.loads((folder / "dataset_info.json").read_text("utf-8")):
    model_args, data_args, training_args, *_ = get_train_args({
        "model_name_or_path": str(model), "stage": "sft", "do_train": True, "finetuning_type": "full", "dataset": name,
        "dataset_dir": str(folder), "template": "qwen", "cutoff_len": 512, "output_dir": str(model / "out"),
        "report_to": "none", "use_cpu": True, "bf16": False,
    })
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    module = get_dataset(template, model_args, data_args, training_args, stage="sft", tokenizer=tokenizer)
    made = module["train_dataset"]
    seen = [tokenizer.decode(ids) for ids in made["input_ids"]]
    assert len(seen) == sum(1 for _ in (folder / f"{name}.jsonl").open(encoding="utf-8"))
    assert any("铁会被醋化开" in text and "掉了瓷的" in text for text in seen), "the history is lost"
    print("llama-factory", name, len(seen), "rows")
""",
}


def exported(folder: Path) -> Path:
    """A small release with a dialogue in it, in every form that the tools read."""
    from cqia.project import load
    from cqia.publish import release
    from cqia.release.export import FORMATS, export

    project = folder / "project"
    project.mkdir()
    (project / "talks.json").write_text(json.dumps(ROWS, ensure_ascii=False), "utf-8")
    (project / "cqia.toml").write_text(
        '[sources.talks]\ntable = "alpaca"\nlicence = "CC0"\nraw = ["talks.json"]\nat_least = 1\n'
        '[review]\nrequire = "none"\n',
        "utf-8",
    )
    made = release(load(project), "v1")
    for form in FORMATS:
        export(made.folder, form, folder / "exports" / form)
    return folder / "exports"


def environment(folder: Path, tool: str) -> Path:
    """The Python of an environment that has the tool; made where there is none."""
    home = folder / tool
    python = home / "bin" / "python"
    if not (home / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        for what in (TOOLS[tool][:1], TOOLS[tool]):
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *what], check=True)
        (home / "made").touch()
    return python


def main() -> None:
    """Load the exports with each tool; ends with an error where one does not take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(".venv/loaders"), help="of the tools' environments")
    parser.add_argument("--only", nargs="+", choices=sorted(TOOLS), default=sorted(TOOLS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cqia-loaders-") as temporary:
        folder = Path(temporary)
        exports = exported(folder)
        for tool in options.only:
            python = environment(options.folder.absolute(), tool)
            offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "CUDA_VISIBLE_DEVICES": ""}
            where = {"DATA": str(exports), "MODEL": str(folder / "model" / tool)}
            subprocess.run([str(python), "-c", CHECKS[tool]], check=True, env={**os.environ, **offline, **where})


if __name__ == "__main__":
    main()
