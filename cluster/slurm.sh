#!/bin/bash
# A study on a SLURM cluster, from the project folder on a file system that all nodes share:
#
#     sbatch cluster/slurm.sh pilot --mirror ../mirror
#
# Arguments are those of run_all.py. The numbers below are yours to change, here or as options of sbatch.
#SBATCH --job-name=study
# A task is a worker; a run computes with as many threads as the study says (1), so more tasks, not more CPUs a task.
#SBATCH --ntasks=16
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=8G
#SBATCH --time=24:00:00
#SBATCH --output=study-%j.log
# On GPUs, one a worker, take out the first # of:
##SBATCH --gpus-per-task=1

set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"
python="${PYTHON:-.venv/bin/python}"
scheduler="$PWD/artifacts/scheduler-$SLURM_JOB_ID.json"
export DASK_LOGGING__DISTRIBUTED=warning
# Memory that a step frees is kept for the next one: with dask's default a third of the time goes into giving it back.
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=17179869184
mkdir -p artifacts
trap 'kill $(jobs -p) 2>/dev/null; rm -f "$scheduler"' EXIT

"$python" -m distributed.cli.dask_scheduler --port 0 --no-dashboard --scheduler-file "$scheduler" &
srun "$python" -m distributed.cli.dask_worker --scheduler-file "$scheduler" \
  --nthreads 1 --memory-limit 0 --no-dashboard --death-timeout 300 &
until [ -s "$scheduler" ]; do sleep 1; done

"$python" run_all.py "$@" --executor "$scheduler"
