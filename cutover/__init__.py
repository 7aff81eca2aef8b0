"""What to do: evidence, verdicts, stages and the people who approve.

Start reading at `cutover.controller`. `evidence` says what the comparisons show and how surely, `decide` what follows,
`rollback` what a rollback waits for, `plans` when rollouts may go on, `approving` what people decide, `emergency` what they
do at once, `pooling` and `resend` help where there is little traffic, `servers` and `acceptance` measure the candidates'
machines, `notices` tells people, `api` and `cli` are what they act with, `rehearsal` plays it all on one machine.
"""
