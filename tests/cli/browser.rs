//! The HTML page in a real browser, where one is installed: what it shows, and what it does.

use crate::harness::{Room, output};
use std::path::{Path, PathBuf};
use std::process::Command;

fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let directories = std::env::var_os("PATH")?;
    std::env::split_paths(&directories)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|path| path.is_file())
}

/// The document after its scripts have run, at a window of this size; `None` without a browser.
fn rendered(page: &Path, size: &str) -> Option<String> {
    let output = Command::new(browser()?)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("--window-size={size}"))
        .arg(format!("--user-data-dir={}", page.with_extension("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser starts");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A page of two pictures with four entities, and a script that plays its reader.
fn page(room: &Room, script: &str) -> PathBuf {
    room.file("two.tiff", &crate::errors::two_page_tiff());
    assert!(output(room.rehearsal("two.tiff --html two.html")).status.success());
    let html = room.read("two.html");
    let played = html.replace("</body>", &format!("<script>{{{script}}}</script></body>"));
    room.file("played.html", played.as_bytes());
    room.path("played.html")
}

#[test]
fn boxes_lie_on_the_pictures_and_fields_beside_them() {
    let room = Room::new();
    let Some(dom) = rendered(&page(&room, ""), "1200,800") else {
        eprintln!("no browser is installed: nothing was tested");
        return;
    };
    assert_eq!(dom.matches("<img").count(), 2);
    assert_eq!(dom.matches("class=\"box\"").count(), 4);
    assert!(dom.contains("aria-label=\"total: 40.00\""), "{dom}");
    assert!(dom.contains("4 of 4 shown"));
    assert!(dom.contains("<dt>total</dt><dd>40.00</dd>"));
    assert!(dom.contains("model rules 1"));
}

#[test]
fn search_labels_hover_and_choice_work() {
    let script = r##"
        const said = [];
        const say = (text) => said.push(text);
        const shown = () => document.getElementById("count").textContent;
        const search = document.getElementById("search");
        const type = (text) => { search.value = text; search.dispatchEvent(new Event("input")); };
        type("41.0"); say(shown());
        type("TOTAL"); say(shown());
        type("");
        document.querySelector("#labels button").click(); say(shown());
        document.querySelector("#labels button").click();
        const box = document.querySelectorAll(".box")[1];
        box.dispatchEvent(new PointerEvent("pointerenter", {clientX: 20, clientY: 20}));
        const tip = document.getElementById("tip");
        say(tip.hidden ? "hidden" : tip.textContent);
        box.dispatchEvent(new PointerEvent("pointerleave")); say(String(tip.hidden));
        box.click();
        say(`${document.querySelectorAll(".chosen").length} chosen, ` +
            `${document.querySelectorAll(".linked").length} linked, ` +
            `${document.querySelectorAll("line").length} line`);
        box.click(); say(`${document.querySelectorAll(".chosen").length} chosen`);
        document.body.dataset.said = said.join(" | ");
    "##;
    let room = Room::new();
    let Some(dom) = rendered(&page(&room, script), "1200,800") else { return };
    let said = dom.split("data-said=\"").nth(1).and_then(|rest| rest.split('"').next());
    assert_eq!(
        said,
        Some(
            "1 of 4 shown | 4 of 4 shown | 2 of 4 shown | total40.00model 87.5 % · OCR 90.0 % | \
             true | 2 chosen, 1 linked, 1 line | 0 chosen"
        )
    );
}

#[test]
fn on_a_phone_nothing_is_wider_than_the_screen() {
    let script = "document.body.dataset.said = \
                  `${document.documentElement.scrollWidth <= innerWidth}, ` +
                  getComputedStyle(document.querySelector('main')).gridTemplateColumns.split(' ').length;";
    let room = Room::new();
    let Some(dom) = rendered(&page(&room, script), "500,800") else { return };
    assert!(dom.contains("data-said=\"true, 1\""), "{:?}", dom.split("data-said").nth(1));
}
