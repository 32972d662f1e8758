import type { z } from "zod";
import {
  file,
  flag,
  hostName,
  key,
  line,
  oneOf,
  path,
  port,
  section,
  secretReference,
  set,
  text,
} from "./fields.ts";
import { logFileLimits, logForm, logLevel } from "./sections.ts";

export const syslogFacilities = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

const index = () =>
  text(/^[a-z0-9][a-z0-9._-]{0,199}$/, "the name of an index: lower-case letters, digits, . _ and -");

/** `/etc/kilocode/mcp/logging.json` */
export const loggingFile = file("Where all servers log to.", {
  logging: section("Where all servers log to; a server's own file can differ.", {
    enabled: key(flag(), true, "Whether the servers log at all."),
    level: key(logLevel(), "INFO", "Least severe level that is logged."),
    ...logForm,
    directory: key(path(), "/var/log/kilocode/mcp", "Folder of the log files.", "path"),
    ...logFileLimits,
    console: key(flag(), true, "Whether lines go to stdout as well, and so to `docker logs`."),
    file: section("The log file of what no server logs into its own.", {
      enabled: key(flag(), true, "Whether log files are written."),
      filename: key(text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "a file name"), "mcp.log", "Its name."),
      path: key(path(), "/var/log/kilocode/mcp", "Its folder; the same as logging.directory.", "path"),
    }),
    syslog: section("A syslog server.", {
      enabled: key(flag(), false, "Whether lines go there."),
      host: key(hostName(), "localhost", "Its name or address."),
      port: key(port(), 514, "Its port."),
      facility: key(oneOf(syslogFacilities), "local0", "Facility of the lines."),
      protocol: key(oneOf(["udp", "tcp"]), "udp", "How it is reached."),
    }),
    logstash: section("A Logstash server, input json_lines over TCP.", {
      enabled: key(flag(), false, "Whether lines go there."),
      host: key(hostName(), "localhost", "Its name or address."),
      port: key(port(), 5000, "Its port."),
      index: key(index(), "mcp", "Index that the lines name."),
      ssl: section("TLS to it.", {
        enabled: key(flag(), false, "Whether the connection uses TLS."),
        caCert: key(
          path(),
          "/etc/ssl/kilocode/ca.crt",
          "Bundle of the CAs that may have signed its certificate.",
          "path",
        ),
      }),
    }),
    elasticsearch: section("An Elasticsearch cluster.", {
      enabled: key(flag(), false, "Whether lines go there."),
      hosts: key(
        set(
          text(
            /^(https?:\/\/)?[A-Za-z0-9.-]{1,253}:\d{1,5}$/,
            "addresses such as localhost:9200 or https://search.example:9200",
          ),
          1,
          50,
          "addresses such as localhost:9200",
        ),
        ["localhost:9200"],
        "Its nodes.",
      ),
      index: key(index(), "mcp-logs", "Index that the lines are written to."),
      auth: section("The login there.", {
        username: key(line(200), "elastic", "Its name."),
        password: key(
          secretReference(),
          "file:/run/kilocode/secrets/elasticsearch",
          "Where its password lies.",
          "reference",
        ),
      }),
    }),
    fields: section("Added to every line.", {
      service: key(line(100), "mcp", "Name of the service."),
      environment: key(line(100), "production", "Environment of the stack."),
      version: key(line(100), "0.0.0", "Version of the servers."),
    }),
  }),
});

export type LoggingFile = z.output<typeof loggingFile>;
