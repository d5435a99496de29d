// A real AT Protocol PDS and the directory of DIDs that it writes to, both on loopback. Started by tests/real/pds.py:
//   node pds.mjs FOLDER PDS_PORT PLC_PORT CONTACT
// The working directory holds node_modules. Plain HTTP is spoken under the host name "localhost" only. The directory is in
// memory, so FOLDER must be new at each start. CONTACT is an address that describeServer tells: who asks knows whom he asks.
import fs from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [folder, pdsPort, plcPort, contact] = process.argv.slice(2)
const require = createRequire(path.join(process.cwd(), 'package.json'))
const { PDS, envToCfg, envToSecrets } = await import(pathToFileURL(require.resolve('@atproto/pds')))
const { Database, PlcServer } = require('@did-plc/server')
const secret = (bytes) => randomBytes(bytes).toString('hex')

// Both servers would listen on every interface.
const onLoopback = (app) => {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, '127.0.0.1', ...rest)
}

const plc = PlcServer.create({ db: Database.mock(), port: Number(plcPort) })
onLoopback(plc.app)
await plc.start()

fs.mkdirSync(path.join(folder, 'blobs'), { recursive: true })
const settings = {
  port: Number(pdsPort),
  hostname: 'localhost',
  contactEmailAddress: contact,
  serviceHandleDomains: ['.test'],
  devMode: true, // its own answers are checked, and what is on loopback may be fetched
  disableSsrfProtection: true,
  didPlcUrl: `http://localhost:${plcPort}`,
  dataDirectory: folder,
  blobstoreDiskLocation: path.join(folder, 'blobs'),
  blobstoreDiskTmpLocation: path.join(folder, 'blobs-tmp'),
  enableDidDocWithSession: true, // as at Bluesky
  inviteRequired: false,
  handleBackupNameservers: [],
  trustedOAuthClients: [],
  rateLimitBypassIps: [],
  rateLimitsEnabled: false,
  crawlers: [],
  dpopSecret: secret(32),
  jwtSecret: secret(32),
  adminPassword: secret(16),
  plcRotationKeyK256PrivateKeyHex: secret(32),
}
const pds = await PDS.create(envToCfg(settings), envToSecrets(settings))
onLoopback(pds.app)
await pds.start()

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await pds.destroy()
    await plc.destroy()
    process.exit(0)
  })
}
