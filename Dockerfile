# The program with everything it needs:
#   docker build -t layoutlm .
#   docker run --rm -v "$PWD:/pages" layoutlm extract /pages/receipt.jpg
FROM debian:bookworm-slim AS build
COPY . /src
WORKDIR /src
ENV LAYOUTLM_CACHE=/opt/layoutlm
RUN scripts/layoutlm --version && cp target/release/layoutlm /usr/local/bin/layoutlm

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libtesseract5 liblept5 tesseract-ocr-eng libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
# The program looks for libtorch where it was when it was built.
COPY --from=build /opt/layoutlm/libtorch-2.11.0-cpu/lib /opt/layoutlm/libtorch-2.11.0-cpu/lib
COPY --from=build /usr/local/bin/layoutlm /usr/local/bin/layoutlm
WORKDIR /pages
ENTRYPOINT ["layoutlm"]
