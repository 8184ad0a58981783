#!/bin/bash
# Computes pi on the slots of an SGE parallel environment.
# Submit it in the folder of SCOOP: qsub examples/submit_files/sge.sh
#$ -N scoop-pi
#$ -pe rr 8
#$ -l h_rt=00:10:00
#$ -cwd
#$ -V
#$ -j y
#$ -S /bin/bash

# Deno, and the folder of SCOOP, as all hosts see them; otherwise what is there when it is submitted.
DENO=${DENO:-deno}
SCOOP=${SCOOP:-$SGE_O_WORKDIR}

# The hosts and the numbers of workers come from SGE; qrsh -inherit reaches the other hosts.
"$DENO" run -A "$SCOOP/cli.ts" -v "$SCOOP/examples/pi_calc.ts"
