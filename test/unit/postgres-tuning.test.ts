import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Fault } from "#model/fault.ts";
import { poolSize } from "#model/postgres/connections.ts";
import {
  memoryFor,
  memoryValue,
  minimumConnections,
  pgtune,
  storages,
  tune,
  workloads,
  type Resources,
} from "#model/postgres/tuning.ts";

const MB = 1024 ** 2;
const GB = 1024 ** 3;

function web(memory: number, cpus: number, more: Partial<Resources> = {}): Resources {
  return { memory, cpus, workload: "web", storage: "ssd", ...more };
}

describe("pgtune's published rules", () => {
  it("gives pgtune's values for 4 GB and 2 CPUs", () => {
    const { shared_buffers, effective_cache_size, maintenance_work_mem, work_mem } = pgtune(web(4 * GB, 2));
    assert.deepEqual(
      { shared_buffers, effective_cache_size, maintenance_work_mem, work_mem },
      {
        shared_buffers: "1GB",
        effective_cache_size: "3GB",
        maintenance_work_mem: "256MB",
        work_mem: "5041kB",
      },
    );
  });

  it("gives pgtune's values for 16 GB and 8 CPUs", () => {
    const tuned = pgtune(web(16 * GB, 8));
    assert.equal(tuned["work_mem"], "20164kB");
    assert.equal(tuned["huge_pages"], "try");
    assert.equal(tuned["max_worker_processes"], "8");
    assert.equal(tuned["max_parallel_workers_per_gather"], "4");
    assert.equal(tuned["max_parallel_maintenance_workers"], "4");
  });

  it("ends at the floor of 4 MB for 1 GB", () => {
    assert.equal(pgtune(web(GB, 2))["work_mem"], "4MB");
  });

  it("follows workload and storage", () => {
    const tuned = (workload: Resources["workload"], storage: Resources["storage"] = "ssd") =>
      pgtune(web(16 * GB, 2, { workload, storage }));
    assert.deepEqual(
      workloads.map((workload) => tuned(workload)["max_connections"]),
      ["200", "300", "40", "20", "100"],
    );
    assert.equal(tuned("desktop")["shared_buffers"], "1GB");
    assert.equal(tuned("desktop")["effective_cache_size"], "4GB");
    assert.equal(tuned("desktop")["min_wal_size"], "100MB");
    assert.equal(tuned("dw")["maintenance_work_mem"], "2GB");
    assert.equal(tuned("dw")["autovacuum_work_mem"], "2GB");
    assert.equal(tuned("dw")["default_statistics_target"], "500");
    assert.equal(tuned("web", "hdd")["random_page_cost"], "4");
    assert.deepEqual(
      storages.map((storage) => tuned("web", storage)["effective_io_concurrency"]),
      ["200", "2", "300", "1000"],
    );
  });

  it("rounds wal_buffers to 16 MB from 14 MB on", () => {
    assert.equal(pgtune(web(2 * GB, 2))["wal_buffers"], "16MB");
    assert.equal(pgtune(web(512 * MB, 2))["wal_buffers"], "3932kB");
  });
});

describe("Tuning for a container", () => {
  it("keeps pgtune's connections where they fit, and lowers them where the floor would overcommit", () => {
    assert.equal(tune(web(4 * GB, 2)).maxConnections, 200);
    assert.equal(tune(web(GB, 2)).maxConnections, 56);
    assert.equal(tune(web(512 * MB, 2)).maxConnections, 24);
  });

  it("refuses memory that cannot serve 20 connections, and says how much can", () => {
    assert.throws(
      () => tune(web(256 * MB, 2)),
      (error) =>
        error instanceof Fault && error.code === "SETTINGS_MEMORY" && error.problem.includes("448MB"),
    );
    assert.equal(tune(web(448 * MB, 2)).maxConnections, minimumConnections);
  });

  it("refuses more connections than the memory serves", () => {
    assert.throws(() => tune(web(GB, 2, { maxConnections: 200 })), { code: "SETTINGS_MEMORY" });
  });

  it("has a /dev/shm larger than an index build, and a process limit below the container's memory", () => {
    const { shmSize, dataLimit } = tune(web(4 * GB, 2));
    assert.ok(shmSize > 256 * MB);
    assert.equal(dataLimit, GB);
  });

  it("never promises more than the container has, whatever the resources", () => {
    const resources = fc.record({
      memory: fc.integer({ min: 512, max: 64 * 1024 }).map((megabytes) => megabytes * MB),
      cpus: fc.integer({ min: 1, max: 64 }),
      workload: fc.constantFrom("web" as const, "oltp" as const, "dw" as const, "mixed" as const),
      storage: fc.constantFrom(...storages),
    });
    fc.assert(
      fc.property(resources, (given) => {
        // A machine with many cores and little memory is refused, not overcommitted.
        if (given.memory < memoryFor(minimumConnections, given)) {
          assert.throws(() => tune(given), { code: "SETTINGS_MEMORY" });
          return;
        }
        const { settings, maxConnections } = tune(given);
        const buffers = memoryValue(settings["shared_buffers"] ?? "");
        const work = memoryValue(settings["work_mem"] ?? "");
        assert.ok(buffers + maxConnections * work <= given.memory);
      }),
    );
  });
});

describe("Connections of the servers", () => {
  it("counts every pool twice and leaves room for deployment and superuser", () => {
    for (const maxConnections of [20, 24, 56, 200]) {
      for (const servers of [1, 2, 3, 4]) {
        const size = poolSize(maxConnections, servers);
        assert.ok(size * 2 * 2 * servers + 8 <= maxConnections);
      }
    }
  });
});
