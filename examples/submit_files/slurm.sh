#!/bin/bash
# Computes pi on all processors of a Slurm allocation.
# Submit it in the folder of SCOOP: sbatch examples/submit_files/slurm.sh
#SBATCH --job-name=scoop-pi
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --time=00:10:00
#SBATCH --output=%x-%j.out

# Deno, and the folder of SCOOP, as all nodes see them; otherwise what is there when it is submitted.
DENO=${DENO:-deno}
SCOOP=${SCOOP:-$SLURM_SUBMIT_DIR}

# The hosts and the numbers of workers come from Slurm; srun reaches the other nodes.
"$DENO" run -A "$SCOOP/cli.ts" -v "$SCOOP/examples/pi_calc.ts"
