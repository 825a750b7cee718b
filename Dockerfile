# The program with everything it needs:
#   docker build -t layoutlm .
#   docker run --rm -v "$PWD:/pages" layoutlm extract /pages/receipt.jpg
FROM debian:bookworm AS build
COPY . /src
WORKDIR /src
ENV LAYOUTLM_CACHE=/opt/layoutlm
RUN scripts/layoutlm --version && cp target/release/layoutlm /usr/local/bin/layoutlm

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libtesseract5 liblept5 tesseract-ocr-eng libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
# The program finds libtorch where it was built with it.
COPY --from=build /opt/layoutlm /opt/layoutlm
COPY --from=build /usr/local/bin/layoutlm /usr/local/bin/layoutlm
WORKDIR /pages
ENTRYPOINT ["layoutlm"]
