// Passkeys: asks the browser for one, puts the answer into the form and sends it. The server's options are JSON with base64url.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

function plain(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function create(form) {
  const options = JSON.parse(document.getElementById("passkey-options").textContent).creation_options.publicKey;
  const alone = form.elements.passwordless.checked;
  const choice = { ...options.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: alone };
  if (alone) choice.userVerification = "required";
  return navigator.credentials.create({ publicKey: {
    ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials), authenticatorSelection: choice,
  } });
}

async function get(form) {
  let data;
  if (form.dataset.passkey === "login") {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    data = await answer.json();
  } else {
    data = JSON.parse(document.getElementById("passkey-options").textContent);
  }
  const options = data.request_options.publicKey;
  return navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) } });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("[data-passkey-go]");
  const error = form.querySelector("[data-passkey-error]");
  if (window.PublicKeyCredential) {
    form.hidden = false;
  } else if (!form.hidden) {
    error.textContent = error.dataset.unsupported;
    error.hidden = false;
    button.disabled = true;
  }
  button.addEventListener("click", async () => {
    error.hidden = true;
    button.disabled = true;
    try {
      const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
      form.elements.credential.value = JSON.stringify(plain(credential));
      form.submit();
    } catch {
      error.hidden = false;
      button.disabled = false;
    }
  });
}
