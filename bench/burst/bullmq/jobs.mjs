// The same job on BullMQ, as its guide sets it up: Redis with an append-only file and noeviction, one Queue, one Worker.
//
//   node jobs.mjs add  REDIS COUNT ACCOUNTS DUE_MS                   adds in bulk, all due at one instant
//   node jobs.mjs work REDIS DATABASE PLATFORM CONCURRENCY           until SIGTERM; prints `ready`
import { Queue, Worker } from "bullmq";
import pg from "pg";
import { Agent, request } from "undici";

const NAME = "posts";
const BULK = 1000;
const RECORD = {
  name: "record",
  text: "UPDATE bench.jobs SET state = 'published', platform_post_id = $2, published_at = now() WHERE id = $1",
};

function connection(url) {
  const { hostname, port, password } = new URL(url);
  return { host: hostname, port: Number(port), password, maxRetriesPerRequest: null };
}

async function add(redis, count, accounts, due) {
  const queue = new Queue(NAME, { connection: connection(redis) });
  for (let start = 0; start < count; start += BULK) {
    const numbers = Array.from({ length: Math.min(BULK, count - start) }, (_, index) => start + index);
    const job = (number) => ({
      name: "post",
      data: { id: number, text: `post ${number}`, token: `token-${number % accounts}` },
      opts: { delay: Math.max(due - Date.now(), 0), removeOnComplete: true },
    });
    await queue.addBulk(numbers.map(job));
  }
  await queue.close();
}

async function work(redis, database, platform, concurrency) {
  const pool = new pg.Pool({ connectionString: database });
  const dispatcher = new Agent({ connections: concurrency });
  const post = async (job) => {
    const { id, text, token } = job.data;
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const answer = await request(`${platform}/2/tweets`, { method: "POST", headers, body: JSON.stringify({ text }), dispatcher });
    const body = await answer.body.json();
    if (answer.statusCode !== 201) throw new Error(`answered ${answer.statusCode}`);
    await pool.query({ ...RECORD, values: [id, body.data.id] });
  };
  const worker = new Worker(NAME, post, { connection: connection(redis), concurrency });
  worker.on("error", (error) => console.error(error.message));
  worker.on("failed", (_, error) => console.error(error.message));
  process.on("SIGTERM", async () => {
    await worker.close();
    await pool.end();
    process.exit(0);
  });
  await worker.waitUntilReady();
  console.log("ready");
}

const [command, ...words] = process.argv.slice(2);
if (command === "add") await add(words[0], Number(words[1]), Number(words[2]), Number(words[3]));
else await work(words[0], words[1], words[2], Number(words[3]));
