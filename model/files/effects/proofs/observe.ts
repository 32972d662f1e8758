import type { Proof } from "#model/files/effects/effect.ts";

const servers = "test/integration/servers";
const files = `${servers}/observeLogFiles.test.ts`;
const sinks = `${servers}/observeSinks.test.ts`;
const metrics = `${servers}/observeMetrics.test.ts`;

function proof(file: string, test: string): Proof {
  return { file, test };
}

/** Tests of log files, sinks, metrics, health and alerts. */
export const proofs = {
  logFolder: proof(
    "test/unit/logFolder.test.ts",
    "logging.directory is the folder of each server's file and of the common one",
  ),
  ownFile: proof(
    files,
    "logging.file is the server's own file, with the lines of stdout, and another one when it changes",
  ),
  rotation: proof(files, "logging.maxSize, maxFiles and compress of the server rotate its file"),
  console: proof(files, "logging.console says whether lines go to stdout"),
  files: proof(files, "logging.file.enabled says whether files are written"),
  commonFile: proof(
    files,
    "logging.file.path and filename name the file of what the own one cannot take; logging.json limits it",
  ),
  syslogUdp: proof(sinks, "syslog by UDP gets each line in the form of RFC 5424, with facility and severity"),
  syslogTcp: proof(sinks, "syslog by TCP gets a message per line, and none when it is switched off"),
  logstash: proof(sinks, "logstash without TLS gets lines that waited for it"),
  logstashTls: proof(
    sinks,
    "logstash gets JSON lines that name the index, by TLS from whom the bundle trusts",
  ),
  elasticsearch: proof(sinks, "elasticsearch gets documents in bulk, with the login and into the index"),
  endpoints: proof(metrics, "metrics.endpoints say what answers where, and in which form"),
  metricsPort: proof(
    metrics,
    "metrics.port is where they are told, also when it changes, and a taken port ends nothing",
  ),
  measuring: proof(metrics, "metrics.enabled switches measuring off, and leaves health"),
  samples: proof(metrics, "metrics.sampleInterval is how often samples and a sign of life are recorded"),
  system: proof(metrics, "metrics.collectors.system measures the container"),
  application: proof(metrics, "metrics.collectors.application measures the calls"),
  database: proof(metrics, "metrics.collectors.database measures PostgreSQL as the server sees it"),
  business: proof(metrics, "metrics.collectors.business measures what the server is for"),
  chosen: proof(
    metrics,
    "a collector that is switched off, and a metric that is not in its list, bring no value",
  ),
  alerts: proof(
    metrics,
    "an alert fires when its condition held for so many samples, and is resolved, in metric, log and health",
  ),
} as const satisfies Record<string, Proof>;
