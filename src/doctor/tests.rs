use super::*;

fn by_name<'a>(report: &'a Report, name: &str) -> &'a Check {
    report.checks.iter().find(|check| check.name == name).unwrap()
}

#[test]
fn missing_model_is_named_with_its_remedy_and_its_stage() {
    let options =
        DoctorOptions { model: Some(PathBuf::from("no/such/model")), ..DoctorOptions::default() };
    let report = examine(&options);
    let model = by_name(&report, "model");
    assert_eq!(model.status, Status::Broken);
    assert!(model.summary.contains("no/such/model"), "{}", model.summary);
    assert!(model.hint.is_some());
    assert!(!report.ok);
}

#[cfg(feature = "ocr")]
#[test]
fn missing_language_breaks_the_report_and_names_its_package() {
    let tesseract = TesseractOptions { language: "zzz".to_owned(), ..TesseractOptions::default() };
    let report = examine(&DoctorOptions { tesseract, ..DoctorOptions::default() });
    assert_eq!(by_name(&report, "ocr").status, Status::Broken);
    assert_eq!(report.broken_stage(), Some(Stage::Ocr));
    assert!(report.to_string().contains("tesseract-ocr-zzz"), "{report}");
}

#[test]
fn report_as_json_has_facts_and_no_inner_fields() {
    let runtime = Runtime {
        library: Some(PathBuf::from("/opt/torch/lib/libtorch_cpu.so")),
        version: Some("2.11.0".to_owned()),
        threads: 2,
        cuda_devices: 0,
    };
    let json = serde_json::to_value(libtorch(&runtime)).unwrap();
    assert_eq!(json["status"], "ok");
    assert_eq!(json["facts"]["version"], "2.11.0");
    assert_eq!(json["facts"]["directory"], "/opt/torch/lib");
    assert_eq!(json["summary"], "2.11.0, 2 threads, no CUDA, from /opt/torch/lib");
    assert!(json.get("stage").is_none());
}

#[test]
fn a_thread_limit_below_the_cores_is_a_warning() {
    let with = |limit: Option<&str>| {
        let omp_num_threads = limit.map(ToOwned::to_owned);
        processor(&Surroundings { cores: 4, vectors: "AVX2", omp_num_threads })
    };
    assert_eq!(with(Some("1")).status, Status::Warning);
    for harmless in [None, Some("4"), Some("8"), Some("many")] {
        assert_eq!(with(harmless).status, Status::Ok, "{harmless:?}");
    }
}

#[test]
fn cache_is_where_the_variables_say_the_nearest_first() {
    let all = |name: &str| Some(PathBuf::from(format!("/{name}")));
    assert_eq!(cache_from(all), Path::new("/LAYOUTLM_CACHE"));
    assert_eq!(
        cache_from(|name| all(name).filter(|_| name != "LAYOUTLM_CACHE")),
        Path::new("/XDG_CACHE_HOME/layoutlm")
    );
    assert_eq!(
        cache_from(|name| all(name).filter(|_| name == "HOME")),
        Path::new("/HOME/.cache/layoutlm")
    );
    assert!(cache_from(|_| None).ends_with("layoutlm"));
}
