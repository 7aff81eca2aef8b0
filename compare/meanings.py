"""What flags, signals and missing scores mean, each in one plain sentence for the person who looks."""

from __future__ import annotations

from collections.abc import Mapping

from mirror import unpaired

# The ledger keeps what older versions raised: a code that is raised no more stays here.
FLAGS: Mapping[str, str] = {
    "ALLERGY_OTHER": "The candidate names another allergen than the primary's answer or the request, or leaves one out.",
    "ALLERGY_POLARITY": "One answer says that there is an allergy and the other that there is none.",
    "AT_CAPACITY": "The candidate was not asked: as many requests were in flight there as the policy allows.",
    "BREAKER_OPEN": "The candidate was not asked: it has been failing for long, and clients were kept away from it.",
    "BROKEN": "All vectors of the candidate are alike: a search with them finds anything.",
    "CAPABILITY_GAP": "The candidate lacks what the request needs: it was not asked, or answered without it.",
    "CLOSED_ANSWER": "A question with few possible answers, about an image, has another answer than the primary's.",
    "CUT_OFF": "The candidate stops in the middle of a sentence where the primary comes to its end.",
    "DOSE_CONFLICT": "A medicine has a dose or a frequency that neither the primary's answer nor the request gives it.",
    "DRUG_UNSUPPORTED": "A medicine is named that neither the primary's answer nor the request names.",
    "EMPTY": "The candidate said nothing where the primary answered.",
    "FIELD_CONFLICT": "A field holds a number that neither the primary's answer nor the request gives it.",
    "FIELD_DIFFERS": "A field has another value than in the primary's answer, or only one side has it.",
    "FINISH_REASON": "Only the candidate was stopped by a content filter.",
    "HALLUCINATION": "The candidate wrote down what nobody may have said, as recognisers do in silence.",
    "HTTP_ERROR": "The candidate answered with an error, or could not be reached.",
    "ILLEGIBLE": "Characters that no person can read stand in the candidate's answer, or data in place of words.",
    "IMAGE_UNSEEN": "The candidate says that it cannot see the image; the primary saw it.",
    "INCOMPARABLE": "There was nothing to compare by; the words say why.",
    "JSON_FENCED": "The candidate put Markdown around its JSON, which the app may not expect.",
    "JUDGE_AGREES": "The judge finds in both orders that the answers agree. It is a model: that removes no other flag.",
    "JUDGE_DIFFERS": "The judge finds in both orders that the answers differ in something that matters.",
    "JUDGE_INJECTION": "The candidate's answer speaks to whoever judges it, or to a model, and not to the reader.",
    "JUDGE_UNAVAILABLE": "The judge was to be asked and gave no verdict; the rest of the comparison stands.",
    "LANG_MISMATCH": "The candidate answered in another language than the request and the primary's answer.",
    "LATERALITY": "The candidate names the other side of the body than the primary's answer or the request.",
    "LENGTH_RATIO": "One answer has less than a third of the other's words: something may be left out or added.",
    "LONG_TEXT": "The answers are very long; only their beginnings were compared.",
    "MALFORMED": "The candidate's answer came whole and is not what it says it is.",
    "MISSING_SCORE": "Results of the candidate have no score.",
    "NEGATION": "What one answer denies the other affirms. A hint to look: good notes differ in this too.",
    "NLI_CONTRADICTION": "A model finds that a sentence contradicts the primary's: it fails only where a rule flags the same sentence.",
    "NLI_UNAVAILABLE": "The entailment model was to be asked and gave no answer; the rest of the comparison stands.",
    "NOT_FINITE": "Numbers of the candidate are no numbers: NaN, null or infinite.",
    "NOT_NORMALISED": "Vectors of the candidate are not of length 1, as the primary's are and apps may rely on.",
    "NO_WORDS": "The candidate's answer has no letter and no digit where the primary's has some.",
    "NUMBER_CONFLICT": "Under the same name stands another number than in the primary's answer.",
    "NUMBERS_UNCHECKED": "Doses and numbers of the transcripts were not compared: some may be words that are not read.",
    "NUMBER_UNSUPPORTED": "A number, dose or time stands in neither the primary's answer nor the request.",
    "OMISSION": "A part of the primary's note is missing, with what stood in it.",
    "PROMPT_TRUNCATED": "The candidate read only a part of what it was given.",
    "READ_TEXT": "Text that both read from an image differs.",
    "REFUSAL_ONLY_BASE": "Only the primary refused to answer.",
    "REFUSAL_ONLY_CAND": "The candidate refused to answer where the primary did not.",
    "REPETITION": "The candidate says the same again and again, as a model does that has lost its way.",
    "SCHEMA_INVALID": "The candidate's answer is not of the shape that the request demands.",
    "SCHEMA_UNCHECKED": "Parts of the request's schema were not checked; the words say which.",
    "SCORES_EQUAL": "The candidate scores everything alike: it ranks nothing.",
    "SERVED_BY_OTHER": "Another than the declared candidate answered in its name: nobody agreed to that one.",
    "SHAPE": "The candidate's answer has another number or form of entries than was asked for.",
    "STREAM_ERROR": "The candidate's answer broke off with an error.",
    "STREAM_TRUNCATED": "The candidate's answer stopped before its end.",
    "TEMPLATE_LEAK": "Marks of the prompt's template stand in the candidate's answer.",
    "TERM_ERROR": "A medicine, dose or frequency that the primary heard is missing in the candidate's transcript, or an opposite was heard.",
    "TIMEOUT": "The candidate did not answer within its deadline.",
    "TIMESTAMPS": "The times in the candidate's transcript run backwards, differ from the primary's, or are lacking in part.",
    "TOOL_ARGS": "The candidate calls a function with other arguments than the primary.",
    "TOOL_NAME": "The candidate calls other functions than the primary, or none.",
    "TRUNCATED": "The end of the speech is missing in the candidate's transcript.",
    "TRUNCATED_LENGTH": "The candidate was cut off at its limit of tokens; the primary was not.",
    "UNGROUNDED": "Much of the candidate's answer stands in neither the request nor the primary's answer.",
    "UNSAFE_NOTATION": "A dose is written in a way that is easily misread, which the primary avoids.",
    "UNSORTED": "Results of the candidate are not listed by their scores.",
    "VITAL_CONFLICT": "A vital sign or laboratory value is another one than in the primary's answer and the request.",
    "ZERO_VECTOR": "Vectors of the candidate are zero: they are near to nothing.",
}

NEVER_FAIL = frozenset(
    {
        "FIELD_DIFFERS",
        "FINISH_REASON",
        "HALLUCINATION",
        "INCOMPARABLE",
        "JUDGE_AGREES",
        "JUDGE_DIFFERS",
        "JUDGE_UNAVAILABLE",
        "LENGTH_RATIO",
        "LONG_TEXT",
        "NEGATION",
        "NLI_UNAVAILABLE",
        "NO_WORDS",
        "NUMBERS_UNCHECKED",
        "NUMBER_UNSUPPORTED",
        "READ_TEXT",
        "REFUSAL_ONLY_BASE",
        "SCHEMA_UNCHECKED",
        "UNSAFE_NOTATION",
        "VITAL_CONFLICT",
    }
)
"""Codes that ask a person to look or are said for the record, and are never of severity `fail`."""

SIGNALS: Mapping[str, str] = {
    "cosine": "plain similarity of the two answers as vectors; blind to doses, sides and denials",
    "precision": "how much of the candidate's answer has a counterpart in the primary's",
    "recall": "how much of the primary's answer has a counterpart in the candidate's",
    "f1": "agreement of sentences in both directions",
    "ratio": "similarity of the two texts, letter by letter",
    "token_sort_ratio": "similarity of the two texts, whatever the order of their words",
    "overlap": "words that both answers use",
    "p10": "agreement of the tenth of the sentences that agree least",
    "compression": "how far the candidate's answer compresses beyond the primary's; repetition does",
    "numbers_supported": "numbers of the candidate that stand in the primary's answer or the request",
    "medicines_supported": "medicines of the candidate that stand in the primary's answer or the request",
    "sides_supported": "sides of the body of the candidate that stand in the primary's answer or the request",
    "doses_supported": "doses and frequencies of the candidate that conflict with none of the primary's answer and the request",
    "medications_f1": "medicines with dose, frequency and way that both answers have",
    "vitals_supported": "vital signs and laboratory values of the candidate that stand in the primary's answer or the request",
    "findings_agree": "findings that both answers affirm or both deny",
    "denials_kept": "denials of the primary that the candidate denies too",
    "affirmations_kept": "findings of the primary that the candidate affirms too",
    "ending_covered": "how much of what the primary ends with the candidate ends with too",
    "sections_kept": "sections of the primary's note that the candidate's has",
    "words_supported": "words of the candidate that stand in the primary's answer or the request",
    "quoted_kept": "text that the primary quotes and the candidate has too",
    "rsa": "whether both sides find the same inputs near each other",
    "order": "agreement of the two orders, best places first",
    "ndcg_10": "how good the candidate's first ten are by the primary's order",
    "rbo": "overlap of the two orders, best places first",
    "tau_b": "pairs that both sides order alike",
    "top_1": "1 where both sides have the same first",
    "overlap_3": "how many of the first three both sides have",
    "mer": "match error rate: words heard otherwise, by all words that either heard",
    "terms_f1": "medicines, doses, numbers, sides and denials that both heard",
    "words_ratio": "words of the candidate's transcript by those of the primary's",
    "inserted_run": "most words in a row that only the candidate heard",
    "chars_per_s": "characters of the candidate's transcript by the seconds of the sound",
    "start_difference_s": "seconds by which the same words start apart, in the mean",
    "calls_named": "calls of functions that both sides make",
    "arguments": "agreement of the arguments of calls that both make",
    "fields": "agreement of the fields of two documents",
    "schema_candidate": "1 where the candidate's answer fits the request's schema",
    "schema_primary": "1 where the primary's answer fits the request's schema",
    "judge_candidate": "the judge's grade of the candidate's answer, the mean of both orders; 0 where none could be shown to it",
    "judge_primary": "the judge's grade of the primary's answer, the mean of both orders",
    "kept": "how much of the primary's answer, letter by letter and in order, the candidate's has",
    "length_ratio": "length of the shorter answer against the longer",
    "lexical": "agreement of words, as placed between strangers (0) and equals (1)",
    "semantic": "agreement of sentences, as placed between strangers (0) and equals (1)",
    "coverage": "how much of the primary's answer is there, from hardly anything (0) to what good answers have (1)",
}

MISSING: Mapping[str, str] = {
    "candidate_failed": "the candidate gave no answer to compare",
    "primary_failed": "the primary gave no answer to compare with",
    "both_failed": "neither side gave an answer",
    "capability_gap": "the candidate was not asked, because it lacks what the request needs",
    "no_text": "the answers have no text to compare",
    "no_signal": "no signal can tell this rollout's good answers from strangers'",
    "open_answer": "an answer gives no plain yes, number or choice to compare",
    "primary_not_json": "the primary's answer is no JSON to compare with",
    "schema_broken": "the request's own schema is of no use to compare by",
    "too_few_documents": "there are too few documents for an order to mean anything",
    "too_few_inputs": "there are too few inputs to see which are near each other",
    "inputs_alike": "the inputs are alike, so that none is nearer than another",
    "scores_equal": "one side scores all documents alike, so that their order is by accident",
    "unreadable_ranking": "a ranking cannot be read",
    "unreadable_vectors": "vectors cannot be read",
    "no_comparator": "nothing here reads answers of this kind yet ({})",
    "not_copied": "a copy that was to be sent was not: {}",
    "score_error": "what compares broke on these answers",
    "unpaired": "the primary was not asked beside the candidate's answer: {}",
    "language": "no encoder reads the language of the answers ({})",
}

ALONE: Mapping[str, str] = {
    unpaired.SAMPLING: "the policy asks it beside a share of the sessions only",
    unpaired.BUDGET: "the day's money for copies is spent",
    unpaired.NO_PERMITTED_SIDE: "the tenant permits no other side",
    unpaired.CREDENTIAL_FORWARDED: "it wants the client's own key, which is never kept",
    unpaired.CLIENT_ABORT: "the client left before the answer was whole",
    unpaired.DRAINED: "people took it out for a while",
    unpaired.BACKLOG: "too many copies waited",
    unpaired.SHADOW_LOST: "the process that sends copies ended, again and again",
}
"""Why the other side was not asked beside an answer."""


def of_flag(code: str) -> str:
    """What a flag means; of a code that this version does not know, that it does not."""
    return FLAGS.get(code, "A finding of another version of crossfade, which can explain it.")


def of_signal(name: str) -> str:
    """What a signal says; empty where its name has to do."""
    return SIGNALS.get(name, "")


def of_missing(why: str) -> str:
    """Why there is no agreement score, in words; empty where there is one."""
    if not why:
        return ""
    kind, _, which = why.partition(":")
    return MISSING.get(kind, _plain(why)).format(of_alone(which))


def of_alone(reason: str) -> str:
    """Why the other side was not asked beside an answer, in words; empty where it was."""
    return ALONE.get(reason, _plain(reason))


def _plain(code: str) -> str:
    """A code that this version has no words for."""
    return code.replace("_", " ").replace(":", ": ")
