use super::*;
use crate::decode::test_words::page;
use crate::labels::LabelSet;

/// Company and customer that a page names so, where the model sees none.
fn parties(lines: &[&[&str]]) -> [String; 2] {
    let words = page(lines);
    let labels = LabelSet::bio(&PARTIES);
    let row = labels.names().iter().map(|name| if name == "O" { 0.9 } else { 0.025 });
    let probabilities = vec![row.collect::<Vec<f32>>(); words.len()];
    let mut head = HeadPrediction { labels, probabilities };
    heed_sections(&mut head, &words);
    [0, 1].map(|label| {
        let named = (0..words.len()).filter(|&word| head.given(word, label) > 0.5);
        named.map(|word| words[word].text.as_str()).collect::<Vec<_>>().join(" ")
    })
}

/// As on Mexican and Salvadoran invoices, whose keys and values stand in columns, sections below or beside each other.
#[test]
fn keys_of_names_are_of_the_section_above() {
    let below = parties(&[
        &["EMISOR"],
        &["NOMBRE:", "IMPORTADORA SAYTO"],
        &["REGIMEN FISCAL:", "601"],
        &["RECEPTOR"],
        &["NOMBRE:", "ROBERTO RETA"],
    ]);
    assert_eq!(below, ["IMPORTADORA SAYTO", "ROBERTO RETA"]);
    let beside = parties(&[
        &["Sprzedawca", "Nabywca"],
        &["NIP: 5265877635", "NIP: 6808208874"],
        &["Nazwa: Dróżdż and Górecki", "Nazwa: Strzelczyk LLC"],
    ]);
    assert_eq!(beside, ["Dróżdż and Górecki", "Strzelczyk LLC"]);
}

/// As on Brazilian invoices for services.
#[test]
fn cells_have_their_names_below_their_keys() {
    let found = parties(&[
        &["PRESTADOR / FORNECEDOR"],
        &["Nome / Nome Empresarial", "Município / Sigla UF"],
        &["Serviços de Publicidade", "São Vicente / SP"],
        &["TOMADOR / ADQUIRENTE"],
        &["Nome / Nome Empresarial", "Município / Sigla UF"],
        &["Bento e Silvana Ltda", "Sorocaba / SP"],
    ]);
    assert_eq!(found, ["Serviços de Publicidade", "Bento e Silvana Ltda"]);
}

#[test]
fn columns_and_other_keys_name_nobody() {
    let table = parties(&[&["Sprzedawca"], &["Lp", "Nazwa"], &["1", "FARBY AKRYLOWE"]]);
    assert_eq!(table, ["", ""]);
    assert_eq!(parties(&[&["EMISOR"], &["Nombre comercial: La Tienda"]]), ["", ""]);
    assert_eq!(parties(&[&["Nome: Bento e Silvana"]]), ["", ""], "of no section");
}

/// As on Colombian invoices.
#[test]
fn a_companys_key_above_the_buyer_names_the_seller() {
    let head = "Razón Social: EMERSON DE COLOMBIA S.A.S.";
    let invoice = parties(&[&[head], &["_"], &["Cliente: TRANSPORTADORA DE GAS"]]);
    assert_eq!(invoice[0], "EMERSON DE COLOMBIA S.A.S.");
    assert_eq!(parties(&[&["Cliente: TRANSPORTADORA"], &[head]]), ["", ""]);
    assert_eq!(parties(&[&["Nombre: ANA"], &["Cliente: TRANSPORTADORA"]]), ["", ""]);
}

/// As on a French and a German invoice.
#[test]
fn names_below_two_heads_or_behind_two_words() {
    let columns = parties(&[
        &["ÉMETTEUR", "DESTINATAIRE"],
        &["_"],
        &["Tricatel", "Burger Queen"],
        &["FR", "FR"],
    ]);
    assert_eq!(columns, ["Tricatel", "Burger Queen"]);
    let behind = parties(&[
        &["Von: Mustermann GmbH, Hauptstrasse 10, 10115 Berlin"],
        &["An: Schmidt AG, Industrieweg 5, 80333 Muenchen"],
    ]);
    assert_eq!(behind, ["Mustermann GmbH,", "Schmidt AG,"]);
    assert_eq!(parties(&[&["Von: 10:00", "An: 12:00"]]), ["", ""]);
}
