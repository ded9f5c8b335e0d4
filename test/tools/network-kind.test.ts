import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindOfAddress, networkFault } from '../../server/tools/network-kind.ts';

describe('what an address means to somebody told to ask it', () => {
  it('knows what an address means, in every spelling', () => {
    const kinds = {
      loopback: ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'],
      forbidden: [
        ...['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254'],
        ...['100.100.100.200', 'fd20:ce::254', '2002:a9fe:a9fe::1', '::a9fe:a9fe', '::7f00:1', '192.0.0.8'],
        ...['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b:1::a9fe:a9fe', '2001::a9fe:a9fe'],
        ...['0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1'],
      ],
      private: [
        '10.1.2.3',
        '172.31.0.1',
        '192.168.1.1',
        '100.64.0.1',
        'fc00::1',
        'fd12::1',
        'fe80::1',
        'fec0::1',
        '::ffff:10.0.0.1',
      ],
      public: ['168.63.129.15', '64:ff9b:2::1', '192.0.2.1', '172.32.0.1', '2001:db8::1', '8.8.8.8'],
    };
    for (const [kind, addresses] of Object.entries(kinds)) {
      for (const address of addresses) assert.equal(kindOfAddress(address), kind, address);
    }
  });

  it('is judged by the worst of all addresses of a name', () => {
    assert.equal(networkFault('https:', ['8.8.8.8', '10.0.0.1'], false), 'private');
    assert.equal(networkFault('https:', ['8.8.8.8', '10.0.0.1'], true), undefined);
    assert.equal(networkFault('https:', ['8.8.8.8', '169.254.169.254'], true), 'forbidden');
    assert.equal(networkFault('http:', ['127.0.0.1', '8.8.8.8'], true), 'httpsOnly');
    assert.equal(networkFault('http:', ['127.0.0.1', '::1'], false), undefined);
  });
});
