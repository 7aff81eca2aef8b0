from cutover.verifying.meanings import move_in_words, standing_in_words


def test_a_move_is_told_in_words():
    told = move_in_words("clinic/chat", ("mirror", "0"), ("canary", "5"))
    assert told == "clinic/chat going from mirror to canary 5 %"


def test_only_a_canary_has_a_share_to_tell():
    assert standing_in_words("live", "100") == "live"
    assert standing_in_words("canary", "25") == "canary 25 %"
