import assert from "node:assert/strict";
import { containerLimits, controlGroup, memoryInUse } from "#servers/runtime/observe/controlGroup.ts";
import { hasReadOnlyRoot, parseMountInfo } from "#servers/runtime/observe/mountInfo.ts";
import { parseProcStatus } from "#servers/runtime/observe/procStatus.ts";
import { stateFolder } from "#servers/runtime/stateFolder.ts";

/** Files by path, as a kernel would show them. */
const files = (texts: Record<string, string>) => (path: string) => Promise.resolve(texts[path]);

const version1 = parseMountInfo(
  [
    "600 500 0:50 / / ro,relatime - overlay overlay rw,lowerdir=/a",
    "601 600 0:31 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:11 - cgroup cgroup rw,memory",
    "602 600 0:32 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:12 - cgroup cgroup rw,cpu,cpuacct",
    "603 600 0:33 /docker/abc /sys/fs/cgroup/pids ro,nosuid master:13 - cgroup cgroup rw,pids",
    "604 600 0:60 / /with\\040space rw,relatime shared:1 master:2 - tmpfs tmpfs rw",
  ].join("\n"),
);
const membership1 = "9:memory:/docker/abc\n8:cpuacct,cpu:/docker/abc\n7:pids:/docker/abc\n0::/docker/abc\n";

const version2 = parseMountInfo(
  [
    "10 1 0:1 / / rw - overlay overlay rw",
    "11 10 0:2 / / ro,noatime - overlay overlay rw",
    "12 11 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw",
  ].join("\n"),
);

describe("what the kernel says of the process", () => {
  it("is read from the status: effective ids, capability masks, no new privileges", () => {
    const text = [
      "Name:\tnode",
      "Uid:\t1\t3001\t3\t4",
      "Gid:\t5\t3002\t7\t8",
      "CapInh:\t0000000000000000",
      "CapPrm:\t0000000000000001",
      "CapEff:\t0000000000000002",
      "CapBnd:\t0000003fffffffff",
      "NoNewPrivs:\t1",
    ].join("\n");
    assert.deepEqual(parseProcStatus(text), {
      uid: 3001,
      gid: 3002,
      effective: "0000000000000002",
      permitted: "0000000000000001",
      bounding: "0000003fffffffff",
      noNewPrivileges: true,
    });
    assert.throws(() => parseProcStatus("Name:\tnode\n"), /no Uid/);
  });

  it("is read from the mounts: escaped names, optional fields, the root that hides others", () => {
    assert.deepEqual(version1.at(-1), {
      root: "/",
      point: "/with space",
      options: ["rw", "relatime"],
      type: "tmpfs",
      superOptions: ["rw"],
    });
    assert.equal(hasReadOnlyRoot(version1), true);
    assert.equal(hasReadOnlyRoot(version2), true);
    assert.equal(hasReadOnlyRoot(version2.slice(0, 1)), false);
    assert.deepEqual(parseMountInfo("nonsense\n"), []);
  });

  it("is read from control groups of version 1, whose paths are the host's", async () => {
    const read = files({
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/pids/pids.max": "128\n",
      "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
      "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 300\n",
    });
    const limits = await containerLimits(membership1, version1, read);
    assert.deepEqual(limits, { memory: 268_435_456, cpus: 1.5, pids: 128 });
    assert.equal(await memoryInUse(controlGroup("memory", membership1, version1)!, read), 700);
  });

  it("is read from control groups of version 2", async () => {
    const read = files({
      "/sys/fs/cgroup/memory.max": "134217728\n",
      "/sys/fs/cgroup/cpu.max": "50000 100000\n",
      "/sys/fs/cgroup/pids.max": "max\n",
      "/sys/fs/cgroup/memory.current": "500\n",
      "/sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 200\n",
    });
    const limits = await containerLimits("0::/\n", version2, read);
    assert.deepEqual(limits, { memory: 134_217_728, cpus: 0.5, pids: null });
    assert.equal(await memoryInUse(controlGroup("memory", "0::/\n", version2)!, read), 300);
  });

  it("has no limit where none is set, and none where it cannot be seen", async () => {
    const open = files({
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/pids/pids.max": "max\n",
    });
    const none = { memory: null, cpus: null, pids: null };
    assert.deepEqual(await containerLimits(membership1, version1, open), none);
    assert.deepEqual(
      await containerLimits("0::/\n", version2, files({ "/sys/fs/cgroup/cpu.max": "max 100000" })),
      none,
    );
    assert.deepEqual(await containerLimits("", [], files({})), none);
  });
});

describe("the folder that a server keeps", () => {
  it("has what the image links to it, and nothing else", () => {
    const inState = (path: string) => stateFolder("/s", path);
    assert.equal(inState("/var/log/kilocode/mcp"), "/s/logs");
    assert.equal(inState("/var/log/kilocode/mcp/sub/x.log"), "/s/logs/sub/x.log");
    assert.equal(inState("/opt/kilocode/mcp-servers/memory_backups/"), "/s/memory_backups");
    assert.equal(inState("/opt/kilocode/mcp-servers/rules/a/../b.yaml"), "/s/rules/b.yaml");
    assert.equal(inState("/var/log/kilocode/mcp/../../x"), "/var/log/x");
    assert.equal(inState("/var/log/kilocode/mcpx"), "/var/log/kilocode/mcpx");
    assert.equal(
      inState("/opt/kilocode/mcp-servers/node_modules/x"),
      "/opt/kilocode/mcp-servers/node_modules/x",
    );
    assert.equal(inState("/tmp/x"), "/tmp/x");
  });
});
