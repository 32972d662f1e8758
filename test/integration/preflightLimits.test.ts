import assert from "node:assert/strict";
import { preflight } from "#providers/docker/preflight.ts";
import { testDeployment } from "#test/fileDeployment.ts";

describe("the preflight of an engine", () => {
  const look = (database: number) =>
    preflight(
      { docker: {}, names: [], ports: [], deployment: testDeployment({ memory: { database } }) },
      undefined,
    );

  it("refuses limits that come to more than its machine has", async () => {
    await assert.rejects(
      look(1024 ** 5),
      /FILES_RULE\] postgres\.memory: breaks the rule engine-memory: all limits come to 1073741824MB; .*has \d+MB/,
    );
  });

  it("takes limits that the machine can keep", async () => {
    await look(64 * 1024 ** 2);
  });
});
