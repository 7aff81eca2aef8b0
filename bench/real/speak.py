"""Says dictations aloud with eSpeak NG, for recognisers to hear: one WAV file each, and what was said.

    python bench/real/speak.py --out sounds

The sentences were written for this; the voices and the speed change from one to the next.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import wave
from pathlib import Path

import espeakng_loader

SYNCHRONOUS, AT_CHARACTER, UTF8, RATE = 2, 1, 1, 1  # words of espeak's speak_lib.h
VOICES = (("en-us", 150), ("en-gb", 160), ("en-us+f3", 145), ("en-gb-scotland", 150))
SAID = (
    "Start metformin five hundred milligrams twice a day with food, and recheck the blood sugar in six weeks.",
    "The patient takes lisinopril ten milligrams once daily. Blood pressure today is one thirty eight over eighty six.",
    "She denies chest pain, shortness of breath and fever. There is no swelling of the legs.",
    "He has pain in the left knee, worse on stairs. The right knee is normal.",
    "Give amoxicillin two hundred and fifty milligrams three times a day for seven days.",
    "Warfarin two point five milligrams at night. The last I N R was two point eight.",
    "She is allergic to penicillin. Do not give amoxicillin.",
    "Increase the atorvastatin from twenty to forty milligrams, and check liver enzymes in three months.",
    "Levothyroxine one hundred and twenty five micrograms every morning before breakfast.",
    "The haemoglobin is nine point four, and the creatinine is one hundred and ten.",
    "Insulin glargine eighteen units at bedtime. Her last A one C was eight point two percent.",
    "Temperature thirty eight point nine, heart rate one hundred and four, oxygen saturation ninety five percent on room air.",
    "Stop the ibuprofen because of the kidney function. Use paracetamol one gram every six hours if needed.",
    "No evidence of fracture on the X ray of the right wrist. Follow up in two weeks.",
    "He was started on amlodipine five milligrams for hypertension, and aspirin eighty one milligrams.",
    "Cough for ten days, with yellow sputum. Lungs are clear. I will not prescribe antibiotics today.",
    "Prednisolone forty milligrams daily for five days, and a salbutamol inhaler, two puffs as needed.",
    "She had a laparoscopic cholecystectomy in two thousand nineteen, and a caesarean section in two thousand twelve.",
    "Losartan fifty milligrams in the morning and hydrochlorothiazide twelve point five milligrams.",
    "The mother reports that the child vomited three times last night. There is no rash and no neck stiffness.",
)


class Voice:
    """eSpeak NG, which gives the samples that it would play."""

    def __init__(self) -> None:
        self._espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        where = espeakng_loader.get_data_path().encode()
        self.hertz = self._espeak.espeak_Initialize(SYNCHRONOUS, 0, where, 0)
        if self.hertz <= 0:
            raise SystemExit("eSpeak NG found no voices: install espeakng-loader again")
        self._heard = bytearray()
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._keep = kind(self._take)  # the library holds its address alone
        self._espeak.espeak_SetSynthCallback(self._keep)

    def say(self, text: str, voice: str, words_a_minute: int) -> bytes:
        """16-bit samples of one channel."""
        self._heard.clear()
        self._espeak.espeak_SetVoiceByName(voice.encode())
        self._espeak.espeak_SetParameter(RATE, words_a_minute, 0)
        said = text.encode()
        self._espeak.espeak_Synth(said, len(said) + 1, 0, AT_CHARACTER, 0, UTF8, None, None)
        self._espeak.espeak_Synchronize()
        return bytes(self._heard)

    def _take(self, samples: object, count: int, _: object) -> int:
        if samples and count:
            self._heard += ctypes.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 0


def main() -> None:
    """Write the sounds, and `said.jsonl` with the file and the words of each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True)
    out = options.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    voice = Voice()
    with (out / "said.jsonl").open("w") as list_of_them:
        for place, (text, how) in enumerate(zip(SAID, itertools.cycle(VOICES), strict=False)):
            file = out / f"dictation-{place:02}.wav"
            with wave.open(str(file), "wb") as opened:
                opened.setparams((1, 2, voice.hertz, 0, "NONE", ""))
                opened.writeframes(voice.say(text, *how))
            list_of_them.write(json.dumps({"file": file.name, "said": text}) + "\n")


if __name__ == "__main__":
    main()
