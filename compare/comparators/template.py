"""Does the candidate show marks of its own chat template? They are for the model, never for a reader.

The marks are those of common templates (ChatML, Llama 2 and 3, Mistral, Gemma, Phi, Command R, DeepSeek,
Vicuna and with it LLaVA, Alpaca), and the pieces that a tokenizer makes of spaces and of bytes, where a
server forgot to put them together again.
"""

from __future__ import annotations

import re

from compare.comparison import Finding, Flag, Pair, Severity

_MARK = re.compile(
    r"<[|｜][a-zA-Z_▁]{2,40}[|｜]>|<\|reserved_special_token_\d+\|>"
    r"|\[/?INST\]|\[/?SYSTEM_PROMPT\]|\[TOOL_CALLS\]|<</?SYS>>|</s>|^<s>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
    r"|^(?:USER|ASSISTANT|SYSTEM): |^### (?:Instruction|Response|Human|Assistant|System|User):"
    r"|<0x[0-9A-F]{2}>|▁\w|\wĠ\w",
    re.MULTILINE,
)


def template(pair: Pair) -> Finding:
    """Flag `TEMPLATE_LEAK` (fail) for a mark that neither prompt nor primary holds."""
    for found in _MARK.finditer(pair.candidate):
        if found[0] not in pair.primary and found[0] not in pair.prompt:
            return Finding(flags=(Flag("TEMPLATE_LEAK", Severity.FAIL, found[0]),))
    return Finding()
