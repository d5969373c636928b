#!/usr/bin/env bash
# @aws-crypto/raw-aes-keyring-node 5.0.2 (AWS Encryption SDK for JavaScript): a keyring overwrites the caller's key.
#
# A keyring is made from the bytes of a wrapping key. Its constructor copies them into a key object and then fills the
# caller's own array with zeros. Whoever keeps the array, to wrap another key, to make a second keyring or to store it,
# has 32 zeros and no error: the next keyring, too, is made without complaint, of a key that everybody knows.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @aws-crypto/raw-aes-keyring-node@5.0.2

cat > keyring.cjs <<'JS'
const { randomBytes } = require('node:crypto');
const { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } = require('@aws-crypto/raw-aes-keyring-node');
const key = new Uint8Array(randomBytes(32));
const made = () =>
  new RawAesKeyringNode({
    keyNamespace: 'example',
    keyName: 'example',
    unencryptedMasterKey: key,
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
made();
console.log('after the first keyring, the key is all zeros:', key.every((byte) => byte === 0));
made();
console.log('a second keyring of that array: no error');
JS
printed=$(node keyring.cjs)
echo "$printed"
[[ "$printed" == 'after the first keyring, the key is all zeros: true
a second keyring of that array: no error' ]] || {
  echo 'This has changed'
  exit 1
}
