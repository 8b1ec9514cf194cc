FROM scratch AS prod
COPY src /src
