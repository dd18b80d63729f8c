#!/bin/bash
# A Slurm of one node on this machine, from Debian's packages: apt-get install slurmctld slurmd slurm-client munge
#   cluster.sh start FOLDER   makes it in an empty folder, and prints the configuration's name, for SLURM_CONF
#   cluster.sh stop FOLDER
set -euo pipefail
action=$1 folder=$2
export SLURM_CONF=$folder/slurm.conf

start() {
  mkdir -p "$folder"/{state,spool,log}
  chmod 755 "$folder"
  dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
  chmod 400 "$folder/munge.key"
  munged --force --socket="$folder/munge.socket" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed"
  local host user
  host=$(hostname -s) user=$(id -un)
  cat > "$SLURM_CONF" <<END
ClusterName=hon
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthInfo=socket=$folder/munge.socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
# What a container lets one do.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=5
JobRequeue=1
ReturnToService=2
KillWait=60
# A job of the partition "urgent" takes the place of others, which are told so by the signal that they ask for.
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=usual Nodes=$host Default=YES PriorityTier=1 GraceTime=60
PartitionName=urgent Nodes=$host PriorityTier=10 PreemptMode=OFF
END
  slurmctld
  slurmd
  for _ in $(seq 60); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null | head -1)" != idle ] || { echo "$SLURM_CONF"; return; }
    sleep 0.5
  done
  echo "The cluster did not come up; $folder/log says why." >&2
  exit 1
}

stop() {
  scancel --user="$(id -un)" --quiet 2>/dev/null || true
  for name in slurmd slurmctld munged; do
    [ ! -e "$folder/$name.pid" ] || kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
  done
}

"$action"
