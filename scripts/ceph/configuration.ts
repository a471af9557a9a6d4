export interface ClusterPlan {
  readonly folder: string;
  readonly clusterId: string;
  readonly gatewayPort: number;
  readonly monitorPort: number;
  /** `memstore` keeps everything in memory (8 GiB at most), `bluestore` in a file of that size. */
  readonly backend: 'memstore' | 'bluestore';
  /** More lines for the gateway's section, e.g. notification settings. */
  readonly gatewayLines: readonly string[];
}

const GIB = 1024 ** 3;
const CAPACITY_BYTES = 8 * GIB;

/**
 * ceph.conf of the smallest cluster that serves S3: one monitor, one object storage daemon, one
 * gateway, on the loopback device alone. Access between the daemons is open (no cephx), which is
 * why nothing here may listen elsewhere.
 */
export function clusterConfiguration(plan: ClusterPlan): string {
  const { folder } = plan;
  return `[global]
fsid = ${plan.clusterId}
mon host = [v2:127.0.0.1:${plan.monitorPort}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = false
# The gateway's default is "secure", which needs cephx: it would hang for a minute at its start.
ms mon client mode = crc secure
ms mon service mode = crc secure
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file = ${folder}/log/$name.log
crash dir = ${folder}/crash
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
# A test machine's disk may well be nearly full.
mon data avail crit = 1
mon data avail warn = 2
mon osd full ratio = 0.98
mon osd backfillfull ratio = 0.975
mon osd nearfull ratio = 0.97
paxos propose interval = 0.05
debug ms = 0/0

[mon]
mon data = ${folder}/mon
mon cluster log file = ${folder}/log/cluster.log
mon warn on pool no redundancy = false

[osd]
osd data = ${folder}/osd
osd journal =
osd objectstore = ${plan.backend}
osd class load list = *
osd class default list = *
# Without this SIGTERM skips the unmounting, and a memstore forgets everything.
osd fast shutdown = false
memstore device bytes = ${CAPACITY_BYTES}
bluestore block size = ${CAPACITY_BYTES}
bluestore block create = true
osd memory target = 939524096
osd op num shards = 2
osd max scrubs = 0

[client]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${plan.gatewayPort}
# bucket.localhost is understood, too.
rgw dns name = localhost
rgw num rados handles = 1
rgw thread pool size = 64
rgw override bucket index max shards = 1
rgw dynamic resharding = false
rgw enable usage log = false
rgw gc obj min wait = 5
rgw gc processor period = 10
rgw run sync thread = false
# Temporary credentials, and encryption with a key that is as public as this line.
rgw s3 auth use sts = true
rgw sts key = valise-test-only
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = test-key=dmFsaXNlIGVuY3J5cHRzIHdpdGggdGhpcyBrZXkhISE=
${plan.gatewayLines.join('\n')}
`;
}
