import { describe, expect, test } from 'vitest';
import { addressOf, followRedirect } from './service-address.ts';

describe('the address', () => {
  test('of the public cloud is known', () => {
    expect(addressOf({ cloud: 'public' })).toEqual({
      url: 'https://adminwebservice.microsoftonline.com/provisioningservice.svc',
      resource: 'https://graph.windows.net',
    });
  });

  test('of others has to be told', () => {
    expect(addressOf({ cloud: 'china' })).toBeNull();
    const told = { url: 'https://admin.example.cn', resource: 'https://graph.example.cn/' };
    expect(addressOf({ cloud: 'china', ...told })).toEqual({
      url: 'https://admin.example.cn/provisioningservice.svc',
      resource: 'https://graph.example.cn',
    });
  });

  test('lies beside a Graph of its own', () => {
    expect(addressOf({ cloud: 'public', graph: 'http://127.0.0.1:8080/v1.0' })?.url).toBe(
      'http://127.0.0.1:8080/provisioningservice.svc',
    );
  });
});

const PUBLIC = 'https://adminwebservice.microsoftonline.com/provisioningservice.svc';

describe('a redirection', () => {
  test.each([
    ['https://adminwebservice-s1-co2.microsoftonline.com/provisioningservice.svc', true],
    ['https://adminwebservice-s1-co2.microsoftonline.com', true],
    ['http://adminwebservice-s1-co2.microsoftonline.com/provisioningservice.svc', false],
    ['https://adminwebservice-s1-co2.microsoftonline.com:8443/provisioningservice.svc', false],
    ['https://microsoftonline.com.example.com/provisioningservice.svc', false],
    ['https://evilmicrosoftonline.com/provisioningservice.svc', false],
    ['https://adminwebservice.microsoftonline.us/provisioningservice.svc', false],
    ['https://user:pass@adminwebservice.microsoftonline.com/provisioningservice.svc', false],
    ['https://127.0.0.1/provisioningservice.svc', false],
    ['adminwebservice.microsoftonline.com', false],
    ['', false],
  ])('from the public cloud to %s: %s', (named, isFollowed) => {
    expect(followRedirect(PUBLIC, named) !== null).toBe(isFollowed);
  });

  test.each([
    ['http://127.0.0.1:2/provisioningservice.svc', true],
    ['http://localhost:2/provisioningservice.svc', true],
    ['https://adminwebservice.microsoftonline.com/provisioningservice.svc', false],
    ['http://127.0.0.1.example.com/provisioningservice.svc', false],
    ['ftp://127.0.0.1/provisioningservice.svc', false],
  ])('from loopback to %s: %s', (named, isFollowed) => {
    expect(followRedirect('http://127.0.0.1:1/provisioningservice.svc', named) !== null).toBe(isFollowed);
  });

  test('from a host of nobody we know leads to itself alone', () => {
    const own = 'https://sync.example.com/x.svc';
    expect(followRedirect(own, 'https://sync.example.com/y.svc')).toBe('https://sync.example.com/y.svc');
    expect(followRedirect(own, 'https://sync2.example.com/x.svc')).toBeNull();
  });
});
