#!/bin/bash
# Computes pi on the processors of a PBS or Torque job.
# Submit it in the folder of SCOOP: qsub examples/submit_files/pbs.sh
#PBS -N scoop-pi
#PBS -l nodes=2:ppn=4
#PBS -l walltime=00:10:00
#PBS -j oe
#PBS -V

# Deno, and the folder of SCOOP, as all nodes see them; otherwise what is there when it is submitted.
DENO=${DENO:-deno}
SCOOP=${SCOOP:-$PBS_O_WORKDIR}

# The hosts and the numbers of workers come from PBS_NODEFILE; ssh reaches the other nodes, so your
# key has to be accepted there.
"$DENO" run -A "$SCOOP/cli.ts" -v "$SCOOP/examples/pi_calc.ts"
