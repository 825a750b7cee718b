//! Names of fields that no language's lexicon has: those of authorities' forms, of devices and of payments, by their letters.

use super::field_names::NUMBER;

/// Names of numbers of authorities, devices and payments that are not asked for in any language's layouts, by their
/// letters: none is the invoice's.
#[rustfmt::skip]
pub(super) const OTHER_NUMBERS: [&str; 85] = [
    "abn", "acn", "uen", "cin", "pan", "panno", "gstin", "gstno", "gstinno", "gstinuin", "sstno", "sstid", "tinno",
    "ntn", "strn", "fssai", "fssaino", "fssailicno", "dlno", "licno", "liceno", "irn", "irnno", "ackno",
    "ewaybillno", "ewaybill", "vehicleno", "statecode", "hsncode", "udyam", "msmeno", "numerodecertificado",
    "certificadon", "chavedeacesso", "claveacceso", "clavedeacceso", "numerodeautorizacion", "protocolodeautorizacao",
    "terminal", "terminalid", "terminalno", "merchantid", "approvalcode", "apprcode", "authcode", "transaktion",
    "seriennummer", "cae", "caen", "caenro", "cbu", "dispatchdocno", "docketno", "awbno", "lrno",
    "quoteid", "serie", "vin", "term", "termno", "mid", "tid", "aid", "tvr", "tsi", "butiksnr", "onaykodu",
    "isyerino", "vinnumber", "npwp", "nik", "siniestro", "matricula", "bankokvitonr", "vlozka", "oddilbvlozka",
    "oddilcvlozka", "nrsys", "vlozkacislo", "tapnrovarmennus", "transaktionsnummer", "transkey", "bookingreference",
    "bankaskvitsnr", "transaktionsnr",
];

/// The same of dates.
#[rustfmt::skip]
pub(super) const OTHER_DATES: [&str; 12] = [
    "iniciodeactividades", "iniciodeactividad", "fechadeiniciodeactividades", "fechainiciodeactividades",
    "vtocae", "fechavtocae", "fechadevtodecae", "vencimientocae", "ackdate", "ackdt", "dateofbirth", "expirydate",
];

/// Field names of tax authorities' own layouts that no language's lexicon has, by their letters.
pub(super) const OF_AUTHORITIES: [(&str, &[&str]); 5] = [
    ("date", &["fechayhoradegeneracion", "fechayhoradeemision", "fechayhoraemision"]),
    (
        "total",
        &[
            "invoicevalue",
            "totalinvoicevalue",
            "tongtien",
            "tongcong",
            "tongtienthanhtoan",
            "tongtienphaittoan",
            "tongthanhtoan",
        ],
    ),
    ("company", &["pengusahakenapajak", "paymentaddress", "remittanceaddress"]),
    (
        "customer",
        &[
            "receiver",
            "apellidoynombrerazonsocial",
            "pembelibarangkenapajak",
            "pembelibarangkenapajakpenerimajasakenapajak",
        ],
    ),
    (
        NUMBER,
        &[
            "compnro",
            "kodedannomorserifakturpajak",
            "numerodecontrol",
            "folionumber",
            "foliono",
            "guestfoliono",
            "rcpt",
            "rcptno",
            "rcptnumber",
            "chk",
            "nfce",
            "nfceno",
            "nfcenumero",
            "coo",
            "cupom",
            "bf",
            "sohoadon",
            "sohd",
            "chkno",
            "rec",
            "cashsale",
            "tch",
        ],
    ),
];
