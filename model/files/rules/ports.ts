import { serverNames } from "#model/names.ts";
import { placeAt, placeText, type Place } from "#model/files/place.ts";
import { eachKey, rule, valueAt, type Rule, type Violation } from "./rule.ts";

const listeners: readonly Place[] = [
  ...serverNames.map((server) => placeAt(server, "/server/port")),
  placeAt("metrics", "/metrics/port"),
];

const loopback = /^(localhost|127\.|\[?::1\]?$)/;

export const portRules: readonly Rule[] = [
  rule(
    "container-ports",
    {
      sentence: "No two servers listen on the same port, nor on that of the metrics or of the database.",
      mend: "Give each a port of its own.",
    },
    listeners,
    ({ values, facts }) => {
      const seen = new Map<unknown, string>([[facts.database.port, "the database"]]);
      return listeners.flatMap((place) => {
        const port = valueAt(values, place);
        if (typeof port !== "number") return [];
        const other = seen.get(port);
        seen.set(port, other ?? placeText(place));
        if (other === undefined) return [];
        const also = listeners.find((each) => placeText(each) === other);
        const problem = `${String(port)} is the port of ${other}, too.`;
        return [{ places: [place, ...(also ? [also] : [])], problem }];
      });
    },
  ),
  rule(
    "host-ports",
    {
      sentence: "Each published port of the host is used once and is at most 65535.",
      mend: "Choose another port for one of them.",
    },
    [],
    ({ deployment }) => {
      const published = Object.entries(deployment.published);
      return published.flatMap(([name, port], index): Violation[] => {
        const setting = name === "database" ? "postgres.port" : `servers.${name}.port`;
        if (port > 65_535)
          return [{ places: [], setting, problem: `${String(port)} is no port; the highest is 65535.` }];
        const other = published.slice(0, index).find(([, earlier]) => earlier === port);
        if (!other) return [];
        const problem = `${other[0]} and ${name} are both published on port ${String(port)}.`;
        return [{ places: [], setting, problem }];
      });
    },
    { deployed: true },
  ),
  eachKey(
    "listen-address",
    {
      sentence: "Servers listen where other containers and the published port reach them.",
      mend: "Let it listen on 0.0.0.0; what is reachable from outside, the published address decides.",
    },
    serverNames.map((server) => placeAt(server, "/server/host")),
    (host) =>
      loopback.test(String(host)) ? `${String(host)} is reached from inside the container only.` : undefined,
  ),
];
