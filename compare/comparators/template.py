"""Does the candidate show marks of its own chat template? They are for the model, never for a reader.

The marks are those of common templates: ChatML, Llama 2 and 3, Mistral, Gemma.
"""

from __future__ import annotations

import re

from compare.comparison import Finding, Flag, Pair, Severity

_MARK = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|end|user"
    r"|assistant|system)\|>|\[/?INST\]|<</?SYS>>|</s>|<(?:start|end)_of_turn>"
)


def template(pair: Pair) -> Finding:
    """Flag `TEMPLATE_LEAK` (fail) for a mark that neither prompt nor primary holds."""
    for found in _MARK.finditer(pair.candidate):
        if found[0] not in pair.primary and found[0] not in pair.prompt:
            return Finding(flags=(Flag("TEMPLATE_LEAK", Severity.FAIL, found[0]),))
    return Finding()
