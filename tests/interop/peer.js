// SPDX-License-Identifier: Apache-2.0
// Node's tls module as a peer: takes a part of bulla-peer's options, and reports as it does.
//
//     node peer.js client|server --connect|--listen HOST:PORT OPTIONS
'use strict';

const fs = require('fs');
const tls = require('tls');
const {parseArgs} = require('util');

const text = {type: 'string'};
const {values: args, positionals: [role]} = parseArgs({
  allowPositionals: true,
  options: {
    connect: text, listen: text, name: text, ca: text, cert: text, key: text, min: text, max: text,
    groups: text, alpn: text, say: text, until: text, staple: text, revocation: text,
    'client-auth': text, times: {type: 'string', default: '1'}, resume: {type: 'boolean'},
  },
});
const isServer = role === 'server';
const address = args.connect || args.listen;
const host = address.slice(0, address.lastIndexOf(':'));
const port = Number(address.slice(address.lastIndexOf(':') + 1));

function settings() {
  const read = (path) => path && fs.readFileSync(path);
  return {
    ca: read(args.ca), cert: read(args.cert), key: read(args.key),
    minVersion: args.min && `TLSv${args.min}`, maxVersion: args.max && `TLSv${args.max}`,
    ciphers: args.max === '1.1' ? 'DEFAULT@SECLEVEL=0' : undefined,
    ecdhCurve: args.groups ? args.groups.replace('secp256r1', 'prime256v1') : 'auto',
    ALPNProtocols: args.alpn && args.alpn.split(','),
  };
}

function describe(socket) {
  return {
    cause: 'ok', alert_received: '', version: socket.getProtocol().replace('TLSv', ''),
    suite: socket.getCipher().standardName, resumed: socket.isSessionReused(),
    alpn: socket.alpnProtocol || '',
    peer_certificate: (socket.getPeerCertificate().raw || Buffer.alloc(0)).toString('hex'),
  };
}

function failure(error) {
  const alert = /ALERT_(\w+)/.exec(error.code || '');
  return {
    cause: String(error.code || error.message),
    alert_received: alert ? alert[1].toLowerCase() : '',
  };
}

// Prints the report once the socket is closed; what failed counts for more than what was agreed.
function watch(socket, found, closed) {
  let received = '';
  let failed = null;
  socket.setTimeout(20000, () => socket.destroy());
  socket.on('data', (data) => {
    received += data.toString('latin1');
    if (isServer && received.includes('\n')) {
      socket.end(received);
    } else if (!isServer && received.includes(args.until)) {
      socket.end();
    }
  });
  socket.on('error', (error) => { failed = failed || failure(error); });
  socket.on('close', () => closed({...found, ...(failed || {}), received}));
}

function say(report) {
  console.log(JSON.stringify(report));
}

function client(left, session) {
  if (left === 0) {
    return;
  }
  const found = {staple: ''};
  let kept = null;
  const socket = tls.connect({
    ...settings(), host, port, servername: args.name, session,
    requestOCSP: args.revocation !== undefined,
  }, () => {
    Object.assign(found, describe(socket));
    found.group = socket.getEphemeralKeyInfo().name || '';
    socket.write(args.say);
  });
  socket.on('session', (ticket) => { kept = ticket; });
  socket.on('OCSPResponse', (response) => {
    found.staple = response ? response.toString('hex') : '';
  });
  watch(socket, found, (report) => {
    say(report);
    client(left - 1, args.resume ? kept : undefined);
  });
}

function server() {
  let left = Number(args.times);
  const done = (report) => {
    say(report);
    left -= 1;
    if (left === 0) {
      listening.close();
    }
  };
  const listening = tls.createServer({
    ...settings(), requestCert: args['client-auth'] !== undefined,
    rejectUnauthorized: args['client-auth'] === 'require',
  }, (socket) => watch(socket, describe(socket), done));
  listening.on('tlsClientError', (error) => done(failure(error)));
  if (args.staple) {
    const response = fs.readFileSync(args.staple);
    listening.on('OCSPRequest', (certificate, issuer, answer) => answer(null, response));
  }
  listening.listen(port, host, () => {
    console.log(`Listening on ${host}:${listening.address().port}`);
  });
}

if (isServer) {
  server();
} else {
  client(Number(args.times), undefined);
}
