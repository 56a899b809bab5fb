import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type AlpacaSite, alpacaSite } from '../../support/alpaca-site.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The protocol checks of ConformU, as far as they concern what a client sees. */
describe("the tests' own Alpaca server", () => {
  let site: AlpacaSite;
  before(async () => {
    site = await alpacaSite(['camera', 'focuser']);
  });
  after(() => site.devices.close());

  function ask(method: string, path: string, form = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const asked = request({ ...site.address, method, path, headers, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      });
      asked.on('error', reject);
      asked.end(form);
    });
  }
  const camera = '/api/v1/camera/35834';
  const focuser = '/api/v1/focuser/0';

  const bad: readonly (readonly [method: string, path: string, form?: string])[] = [
    ['GET', '/apx/v1/camera/35834/binx'],
    ['GET', '/api/1/camera/35834/binx'],
    ['GET', '/api/v/camera/35834/binx'],
    ['GET', '/api/V1/camera/35834/binx'],
    ['GET', '/api/v2/camera/35834/binx'],
    ['GET', '/api/v1/CAMERA/35834/binx'],
    ['GET', '/api/v1/kettle/0/binx'],
    ['GET', '/api/v1/camera/-1/binx'],
    ['GET', '/api/v1/camera/99999/binx'],
    ['GET', '/api/v1/camera/A/binx'],
    ['GET', `${camera}/nosuchmember`],
    ['PUT', `${camera}/cameraxsize`],
    ['GET', `${camera}/binx?ClientID=`],
    ['GET', `${camera}/binx?ClientID=%20`],
    ['GET', `${camera}/binx?ClientID=-1`],
    ['GET', `${camera}/binx?ClientTransactionID=abc`],
    ['GET', `${camera}/binx?ClientTransactionID=4294967296`],
    ['PUT', `${camera}/binx`, 'binx=1'],
    ['PUT', `${camera}/binx`, 'BinX='],
    ['PUT', `${camera}/binx`, 'BinX=one'],
    ['PUT', `${camera}/binx`, 'BinX=1.5'],
    ['PUT', `${camera}/binx`, 'BinX=1&ClientID=-1'],
    ['PUT', `${focuser}/tempcomp`, 'TempComp=maybe'],
    ['PUT', `${focuser}/tempcomp`, 'TempComp='],
  ];
  for (const [method, path, form] of bad) {
    it(`answers 400 in words to ${method} ${path} ${form ?? ''}`, async () => {
      const { status, body } = await ask(method, path, form);
      assert.equal(status, 400);
      assert.throws(() => JSON.parse(body));
    });
  }

  const good: readonly (readonly [method: string, path: string, form: string, transaction: number])[] = [
    ['GET', `${camera}/binx?ClientID=1&ClientTransactionID=12`, '', 12],
    ['GET', `${camera}/binx?clienttransactionid=13&CLIENTID=1&other=x`, '', 13],
    ['PUT', `${camera}/binx`, 'ClientTransactionID=14&Other=x&BinX=1&ClientID=1', 14],
    ['PUT', `${camera}/binx`, 'BinX=1&clienttransactionid=15', 0],
    ['PUT', `${focuser}/tempcomp`, 'TempComp=false&ClientTransactionID=16', 16],
  ];
  for (const [method, path, form, transaction] of good) {
    it(`carries out ${method} ${path} ${form}`, async () => {
      const { status, body } = await ask(method, path, form);
      const { ErrorNumber, ClientTransactionID, ServerTransactionID } = JSON.parse(body);
      assert.deepEqual([status, ErrorNumber, ClientTransactionID], [200, 0, transaction]);
      assert.ok(ServerTransactionID > 0);
    });
  }

  it('tells errors of the device by number, with HTTP 200', async () => {
    for (const [path, number] of [
      [`${camera}/gains`, 0x400],
      [`${camera}/imagearray`, 0x40b],
      ['/api/v1/telescope/0/rightascension', 0x407],
    ] as const) {
      const { status, body } = await ask('GET', path);
      assert.deepEqual([status, JSON.parse(body).ErrorNumber], [200, number]);
    }
  });
});
